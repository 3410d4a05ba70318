"""Passkeys in real Chromium, with the authenticator that the DevTools protocol lends it: made, used beside the password and alone, taken off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.server]
PASSWORD = "a few words in a row"
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def lend_device(page: Page) -> tuple[CDPSession, str]:
    """Give the browser something that keeps passkeys, and a finger on it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return devtools, made["authenticatorId"]


def give_password(page: Page, email: str) -> None:
    """Fill the sign-in form and send it."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto(f"{page.url.partition('/accounts/')[0]}/accounts/logout/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_label("E-mail address")).to_be_visible()


def test_a_passkey_is_made_used_and_removed(site: Site, visit: Callable[..., Page], tmp_path: Path) -> None:
    ana = site.person("ana", password=PASSWORD, lobby=True)
    email = f"{ana.handle}@example.com"
    home = site.url.replace("127.0.0.1", "localhost")  # passkeys belong to names, not to numbers
    page = visit(None, f"{home}/accounts/login/?next=/accounts/profile/")
    devtools, device = lend_device(page)
    give_password(page, email)

    page.get_by_role("link", name="Two-factor", exact=True).click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Key ring")
    page.get_by_role("button", name="Add a passkey").click()
    shown = page.locator(".recovery-codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_text_contents()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    download.value.save_as(kept := tmp_path / "codes.txt")
    assert kept.read_text().split()[-10:] == codes and email in kept.read_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Key ring", exact=True)).to_be_visible()
    sign_out(page)

    page.goto(f"{home}/accounts/login/?next=/accounts/settings/")
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work")).to_be_visible()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{home}/accounts/settings/")
    sign_out(page)

    give_password(page, email)
    expect(page.get_by_role("heading", name="And your second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{home}/rooms/lobby/")

    page.goto(f"{home}/accounts/two-factor/")
    page.get_by_role("link", name="Remove Key ring").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("removed")
    expect(page.get_by_role("link", name="Remove Key ring")).not_to_be_visible()
    expect(page.get_by_role("heading", name="Recovery codes")).not_to_be_visible()

    page.get_by_role("link", name="Set it up").click()
    expect(page.get_by_role("img", name="QR code for the app").locator("path").last).to_be_visible()


def test_where_passkeys_are_missing_the_page_says_so(site: Site, visit: Callable[..., Page]) -> None:
    """By its number this machine is no place that passkeys know; without scripts nothing can ask for one."""
    options: list[dict[str, Any]] = [{}, {"java_script_enabled": False}]
    for option in options:
        page = visit(None, f"{site.url}/accounts/login/", **option)
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        if option:
            expect(page.get_by_role("button", name="Sign in with a passkey")).not_to_be_visible()
