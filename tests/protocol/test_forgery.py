"""What another site, or somebody with another's cookie, may make a browser do: forms and calls without a token, sockets from elsewhere, a session
planted beforehand, a host that is not ours, an address that leads away. The URL configuration is walked, so that what is added is tried, too.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import websocket
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.support.people import PATIENCE
from tests.support.site import Site

pytestmark = pytest.mark.django_db

EVIL = "//evil.example/"
VALUES = {"slug": "lobby", "int": "1", "uuid": str(uuid.UUID(int=1)), "str": "word", "path": "1"}
UNSAFE = ("post", "put", "patch", "delete")


def addresses(resolver: Any = None, before: str = "/") -> Iterator[str]:
    """An address for each pattern of the site, with something in the place of each parameter."""
    for each in (resolver or get_resolver()).url_patterns:
        path = before + filled(str(each.pattern))
        if isinstance(each, URLResolver):
            yield from addresses(each, path)
        elif isinstance(each, URLPattern):
            yield path


def filled(pattern: str) -> str:
    """A route, or a regular expression as far as the site has any, with values in it."""
    pattern = re.sub(r"\(\?P<\w+>([^()]*)\)", lambda match: of_group(match[1]), pattern)
    pattern = re.sub(r"<(?:(\w+):)?\w+>", lambda match: VALUES[match[1] or "str"], pattern)
    return re.sub(r"[\^$\\]", "", pattern)


def of_group(expression: str) -> str:
    return "a" * 32 if "{32}" in expression else expression.split("|")[0] if "|" in expression else "1"


ADDRESSES = sorted(set(addresses()))


@pytest.fixture
def boss() -> Any:
    from accounts.models import User
    from rooms import actions

    user = User.objects.create_superuser("boss@example.com", "boss", "Boss", "a few words in a row")
    actions.ensure_lobby(user)
    return user


def test_nothing_is_changed_without_a_token(boss: Any) -> None:
    """Every address of the site, by every method that changes something, as an administrator: a page with the reason, and no view is asked."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(boss)
    let_through = []
    for address in ADDRESSES:
        for method in UNSAFE:
            for headers in ({}, {"Origin": "http://evil.example"}, {"X-CSRFToken": "made up"}):
                answer = getattr(browser, method)(address, headers=headers)
                if "403_csrf.html" not in {template.name for template in answer.templates}:
                    let_through.append(f"{method} {address}: {answer.status_code}")
    assert not let_through, "\n".join(let_through)
    assert len({resolve(address).func for address in ADDRESSES}) > 80, "each leads somewhere"


def test_no_address_leads_away(boss: Any, client: Client) -> None:
    """`next`, `url` and the like, of every page, for strangers and for who is signed in."""
    away = []
    for browser in (client, Client()):
        for address in ADDRESSES:
            for target in (EVIL, "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
                asked = dict.fromkeys(("next", "url", "to", "redirect", "return"), target)
                for answer in (browser.get(address, asked), browser.post(address, asked)):
                    place = answer.get("Location", "")
                    if urlsplit(place).netloc not in ("", "testserver") or place.startswith(
                        ("//", "/\\", "javascript:")
                    ):
                        away.append(f"{address} {target} -> {place}")
        browser.force_login(boss)
    assert not away, "\n".join(away)


def test_a_session_planted_before_the_sign_in_opens_nothing_after_it(boss: Any) -> None:
    from accounts.models import Site as Settings

    victim, thief = Client(), Client()
    thief.get(f"/accounts/invite/{Settings.current().invite_key}/")  # a page that begins a session
    planted = thief.cookies["sessionid"].value
    victim.cookies["sessionid"] = planted
    form = {"login": "boss@example.com", "password": "a few words in a row"}
    assert victim.post("/accounts/login/", form).status_code == 302
    assert victim.cookies["sessionid"].value != planted
    assert victim.get("/accounts/profile/").status_code == 200
    assert thief.get("/accounts/profile/").status_code == 302
    thief.cookies["sessionid"] = "a" * 32  # nor is a key taken that the site did not make
    thief.post("/accounts/login/", {**form, "password": "wrong"})
    assert thief.cookies["sessionid"].value != "a" * 32 or not thief.session.exists("a" * 32)


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL", "X-Rewrite-URL"]
)
def test_a_host_that_is_not_ours_is_in_no_mail(boss: Any, client: Client, header: str) -> None:
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    answer = client.post("/accounts/password/reset/", {"email": "boss@example.com"}, headers={header: value})
    assert answer.status_code == (400 if header == "Host" else 302)
    assert "evil.example" not in "".join(f"{sent.subject} {sent.body}" for sent in mail.outbox)
    assert (
        "evil.example" not in client.get("/accounts/login/", headers={} if header == "Host" else {header: value}).text
    )


@pytest.mark.server
@pytest.mark.parametrize("trusted", [False, True])
def test_sockets_are_opened_from_our_own_pages(site: Site, own_site: Callable[..., Site], trusted: bool) -> None:
    """Cross-site WebSocket hijacking: the cookie is good, the page is not ours."""
    if trusted:
        site = own_site(
            CSRF_TRUSTED_ORIGINS="https://friend.example", BEHIND_TLS="true", ALLOWED_HOSTS="127.0.0.1,chat.example"
        )
    ana = site.person("ana")
    host = f"127.0.0.1:{site.server.port}"
    ours = "https://friend.example" if trusted else f"http://{host}"
    evil = [
        "http://evil.example", "null", "", "file://", f"http://{host}.evil.example", f"http://evil.example/{host}", f"http://evil@{host}",
        f"https://{host}", "http://127.0.0.1", "http://127.0.0.1:1", f"http://{host}, http://evil.example", "http://[", "http://" + "a" * 5_000,
    ]  # fmt: skip
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https" if trusted else "http"}
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    address = f"{site.url}/socket.io/?EIO=4&transport="
    tried: list[dict[str, str]] = [{"Origin": origin} for origin in evil if origin]
    tried += [{"Origin": "https://evil.example", **forwarded}, {"Origin": "http://evil.example", **forwarded}, rebound]
    for headers in tried:
        given = {"Cookie": ana.cookie, **headers}
        assert requests.get(f"{address}polling", headers=given, timeout=PATIENCE).status_code == 400, headers
        lines = [f"{name}: {value}" for name, value in headers.items() if name not in ("Host", "Origin")]
        with pytest.raises(websocket.WebSocketBadStatusException) as refusal:
            websocket.create_connection(
                f"{address}websocket".replace("http:", "ws:"), cookie=ana.cookie, origin=headers["Origin"],
                host=headers.get("Host"), header=lines, timeout=PATIENCE,
            )  # fmt: skip
        assert refusal.value.status_code == 400, headers
    for origin in (ours, f"https://{host}" if trusted else ours):
        proto = ["X-Forwarded-Proto: https"] if trusted else []
        opened = websocket.create_connection(
            f"{address}websocket".replace("http:", "ws:"),
            cookie=ana.cookie,
            origin=origin,
            header=proto,
            timeout=PATIENCE,
        )
        opened.close()
    assert requests.get(f"{address}polling&j=0", headers={"Cookie": ana.cookie}, timeout=PATIENCE).status_code == 400
