"""Signing in at several processes: a code holds once in all of them, failed attempts are counted together, and nobody needs Redis to come in."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from allauth.mfa.totp.internal import auth as totp

from tests.support.people import PATIENCE, web
from tests.support.several import Redis, SeveralSite, serving_several

pytestmark = pytest.mark.server
PASSWORD = "correct-horse-battery"
FACTORS = "/accounts/two-factor/"


def post(browser: requests.Session, url: str, **data: str) -> requests.Response:
    """Send a form with the token that the browser has now: signing in gives it another."""
    browser.headers["X-CSRFToken"] = browser.cookies.get("csrftoken", domain="127.0.0.1")
    return browser.post(url, data=data, timeout=PATIENCE)


def sign_in(port: int, handle: str, password: str = PASSWORD) -> tuple[requests.Session, requests.Response]:
    """Give address and password to one process, in a browser of one's own."""
    browser = web()
    url = f"http://127.0.0.1:{port}/accounts/login/"
    return browser, post(browser, url, login=f"{handle}@example.com", password=password)


def is_in(browser: requests.Session, port: int) -> bool:
    """Whether the browser's session shows one's own page."""
    url = f"http://127.0.0.1:{port}/accounts/profile/"
    return browser.get(url, allow_redirects=False, timeout=PATIENCE).status_code == 200


def code_of(secret: str, later: int = 0) -> str:
    """What an authenticator app shows, so many half minutes later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + later))


def test_a_code_given_to_both_at_once_lets_in_once(site: SeveralSite) -> None:
    ana = site.person("ana", password=PASSWORD)
    first, second = site.server.ports
    browser, _ = sign_in(first, ana.handle)
    page = f"http://127.0.0.1:{first}{FACTORS}totp/activate/"
    asked = browser.get(page, timeout=PATIENCE)
    shown = post(browser, asked.url, password=PASSWORD).text
    found = re.search(r"<code dir=\"ltr\">(\w+)</code>", shown)
    assert found, shown
    assert post(browser, page, code=code_of(found[1], -1)).ok
    halves = [(port, sign_in(port, ana.handle)[0]) for port in (first, second) for _ in range(2)]
    code = code_of(found[1])

    def give(half: tuple[int, requests.Session]) -> bool:
        port, browser = half
        post(browser, f"http://127.0.0.1:{port}{FACTORS}authenticate/", code=code)
        return is_in(browser, port)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(give, halves)) == [False, False, False, True]


def test_failed_attempts_are_counted_together(tmp_path: Path) -> None:
    with serving_several(tmp_path, SIGN_IN_FAILED_LIMIT="4/300s/key") as site:
        ana, bo = (site.person(handle, password=PASSWORD) for handle in ("ana", "bo"))
        first, second = site.server.ports
        for port in (first, second, first, second):
            assert "is not right" in sign_in(port, ana.handle, "wrong")[1].text
        for port in (first, second):
            browser, answer = sign_in(port, ana.handle)
            assert "Too many attempts" in answer.text
            assert not is_in(browser, port)
        assert is_in(sign_in(second, bo.handle)[0], second), "others come in"


def test_nobody_needs_redis_to_come_in(tmp_path: Path) -> None:
    """While it is away each process counts alone; once it is back they count together again."""
    with Redis(tmp_path) as redis, serving_several(tmp_path, redis.url, SIGN_IN_FAILED_LIMIT="2/300s/key") as site:
        site.server.forgive("the broker|Redis does not answer|Cannot (publish to|receive from) redis").__enter__()
        ana, bo = (site.person(handle, password=PASSWORD) for handle in ("ana", "bo"))
        first = site.server.port
        redis.stop()
        for port in site.server.ports:
            assert is_in(sign_in(port, ana.handle)[0], port)
            for _ in range(2):
                assert sign_in(port, bo.handle, "wrong")[1].status_code == 200
            assert "Too many attempts" in sign_in(port, bo.handle)[1].text
        site.server.wait_for("Redis does not answer")
        redis.start()
        begun = len(site.server.lines)
        while not site.server.says("Redis answers", since=begun, timeout=0.5):
            assert is_in(sign_in(first, ana.handle)[0], first)
        assert not site.server.trouble()
