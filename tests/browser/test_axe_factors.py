"""The pages of two-factor sign-in and the admin's live page have no violation that axe-core can find, light and dark, on a desk and on a phone."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from tests.browser.axe import DESK, PHONE, no_violation
from tests.browser.test_two_factor import PASSWORD, give_password, lend_device, sign_out
from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]


def code_of(secret: str, later: int) -> str:
    """What an authenticator app shows, so many half minutes later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + later))


def no_violation_anywhere(page: Page, without: list[str] | None = None) -> None:
    """On a desk and on a phone."""
    for window in (PHONE, DESK):
        page.set_viewport_size(window)  # type: ignore[arg-type]
        no_violation(page, without)


def test_two_factors_from_setting_them_up_to_taking_them_off(site: Site, visit: Callable[..., Page]) -> None:
    ana = site.person("ana", password=PASSWORD, lobby=True)
    email, home = f"{ana.handle}@example.com", site.url.replace("127.0.0.1", "localhost")
    factors = f"{home}/accounts/two-factor/"
    page = visit(None, f"{home}/accounts/login/?next=/accounts/two-factor/", bypass_csp=True)
    lend_device(page)
    give_password(page, email)
    no_violation_anywhere(page)

    page.get_by_role("link", name="Set it up").click()
    no_violation_anywhere(page)  # asks for the password
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("It cannot be scanned?").click()
    expect(page.get_by_role("link", name="Two-factor", exact=True)).to_have_attribute("aria-current", "true")
    secret = page.locator(".factor-secret code").inner_text()
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_text("This is not right")).to_be_visible()
    page.get_by_text("It cannot be scanned?").click()
    no_violation_anywhere(page)
    page.get_by_role("textbox", name="Code").fill(code_of(secret, -1))
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    no_violation_anywhere(page)

    page.goto(f"{factors}webauthn/add/")
    expect(page.get_by_role("button", name="Add a passkey")).to_be_visible()
    no_violation_anywhere(page)
    page.get_by_label("Name").fill("Key ring")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Key ring", exact=True)).to_be_visible()
    no_violation_anywhere(page)
    for link in ("Rename Key ring", "Remove Key ring", "Make new ones", "Take it off"):
        page.goto(factors)
        page.get_by_role("link", name=link).click()
        no_violation_anywhere(page)
    page.goto(f"{factors}recovery-codes/")
    expect(page.get_by_text("10 codes are left")).to_be_visible()
    no_violation_anywhere(page)
    sign_out(page)

    give_password(page, email)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    no_violation_anywhere(page)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This is not right")).to_be_visible()
    no_violation_anywhere(page)
    page.get_by_role("textbox", name="Code").fill(code_of(secret, 0))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/rooms/"))

    for address in ("reauthenticate/", "webauthn/reauthenticate/"):
        page.goto(factors + address)
        expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        no_violation_anywhere(page)


def test_the_live_page_of_the_admin(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(site.admin(), "/admin/live/", bypass_csp=True)
    expect(page.locator("[data-slot=workers] tr")).to_have_count(1)
    no_violation_anywhere(page)
