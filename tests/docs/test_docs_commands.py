"""The commands that the protocol's page shows, run as they stand against a real server; links and make targets that the pages name exist."""

import json
import re
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from chatsite.starting import guard_first_run
from tests.docs.blocks import PROTOCOL, ROOT, blocks
from tests.support.files import image
from tests.support.site import Site

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"""\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)\"""")


def run(command: str, site: Site, home: Path, **environment: str) -> str:
    """What a shell block prints, with the site's address in place of the example's."""
    result = subprocess.run(
        ["sh", "-euc", command.replace("http://127.0.0.1:8000", site.url)],
        cwd=home, env=site.server.environment | environment, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def answer(command: str, *rest: Any, **environment: str) -> Any:
    """The JSON that a command prints."""
    return json.loads(run(command, *rest, **environment))


EXAMPLES = [json.loads(text) for text in blocks(PROTOCOL, "json")]


@pytest.mark.server
def test_the_protocols_commands_do_what_they_say(site: Site, tmp_path: Path) -> None:
    sign_in, history, post, send_file = blocks(PROTOCOL, "sh")
    ana = site.person("ana", password="a long one for tests", lobby=True)
    cookie = run(sign_in, site, tmp_path, EMAIL=f"{ana.handle}@example.com", PASSWORD="a long one for tests").strip()
    assert cookie.startswith("sessionid=")
    posted = answer(post, site, tmp_path, COOKIE=cookie)
    assert posted["message"]["author"] == ana.brief
    seq = posted["message"]["seq"]
    page = answer(history.replace("before=50", f"before={seq + 1}"), site, tmp_path, COOKIE=cookie)
    assert page["messages"][-1] == posted["message"]
    (tmp_path / "sea.jpg").write_bytes(image(1200, 900, "JPEG"))
    token = post.splitlines()[0]
    sent = answer(f"{token}\n{send_file}", site, tmp_path, COOKIE=cookie)
    assert sent["attachment"].keys() == next(e for e in EXAMPLES if "attachment" in e)["attachment"].keys()


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.name)
def test_what_a_page_links_to_is_there(document: Path) -> None:
    text = document.read_text()
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {"#" + re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    links = {first or second for first, second in LINK.findall(text)}
    inside = {link for link in links if link.startswith("#")}
    files = {link for link in links - inside if not link.startswith(("http:", "https:"))}
    assert inside <= anchors
    assert [link for link in files if not (document.parent / link.partition("#")[0]).exists()] == []


def test_a_new_site_behind_a_proxy_asks_for_the_key_of_its_console(settings: Any, db: None) -> None:
    settings.BEHIND_TLS, settings.FIRST_RUN_KEY = True, ""
    console = StringIO()
    guard_first_run("127.0.0.1", console)
    assert settings.FIRST_RUN_KEY
    assert settings.FIRST_RUN_KEY in console.getvalue()


def test_the_make_targets_that_the_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in PAGES for target in re.findall(r"\bmake ([a-z-]+)`", page.read_text())}
    assert named <= targets
    assert {"run", "test"} <= named


def test_the_commands_that_the_pages_name_exist() -> None:
    named = {name for page in PAGES for name in re.findall(r"\bmanage\.py ([a-z_]+)", page.read_text())}
    assert named <= get_commands().keys()
    assert {"backup", "restore", "doctor", "changepassword"} <= named


def test_what_the_log_is_said_to_say_it_says() -> None:
    """The left column of the table in docs/operations.md; what others than we say is listed here."""
    others = {
        "django.security",
        "database is locked",
        "database or disk is full",
        "No space left on device",
        "Internal Server Error",
        "Too many open files",
    }
    table = (ROOT / "docs/operations.md").read_text().partition("## Read the log")[2].partition("\n## ")[0]
    left = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    code = "\n".join(
        path.read_text() for app in ("chatsite", "accounts", "rooms") for path in (ROOT / app).rglob("*.py")
    )
    told = [
        piece.strip(" :")
        for phrase in re.findall("`([^`]+)`", "".join(left))
        for piece in re.split(r"\.\.\.| N |ana", phrase)
    ]
    pieces = [piece for piece in told if piece and piece not in others]
    assert len(pieces) > 10
    assert [piece for piece in pieces if piece not in code] == []


def test_the_folders_that_the_readme_names_exist() -> None:
    tree = (ROOT / "README.md").read_text().partition("## How it is built")[2].partition("```\n")[2].partition("```")[0]
    names = re.findall(r"^ {0,2}([\w./]+)", tree, re.MULTILINE)
    assert len(names) > 8
    assert [name for name in names if not (ROOT / name).exists() and not (ROOT / "rooms" / name).exists()] == []
