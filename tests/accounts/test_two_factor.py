"""The second factor: an app's codes and the codes on paper, what its coming and going ends, and staff who must have one."""

import re
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from accounts import actions, two_factor
from accounts.models import Site, User
from tests.accounts.conftest import PASSWORD

PAGES = "/accounts/two-factor/"
SET_UP, TAKE_OFF, CODES = f"{PAGES}totp/activate/", f"{PAGES}totp/deactivate/", f"{PAGES}recovery-codes/"


def code_of(secret: str, at: float | None = None) -> str:
    """What an authenticator app shows."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(at or time.time()) // 30))


class Phone:
    """Somebody's authenticator app: shows each code once, as the site takes each once."""

    def __init__(self, secret: str) -> None:
        self.secret, self._shown = secret, -1

    def code(self) -> str:
        """A code that holds now, and was not used."""
        self._shown = 0 if self._shown < 0 else 1
        return code_of(self.secret, time.time() + 30 * self._shown)


def sign_in(email: str = "ana@example.com") -> tuple[Client, Any]:
    """Give address and password in a new browser."""
    client = Client()
    return client, client.post("/accounts/login/", {"login": email, "password": PASSWORD})


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


def confirm(client: Client, page: str) -> Any:
    """Open a page that asks the password once more, and give it."""
    asked = client.get(page)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    return client.post(asked["Location"], {"password": PASSWORD}, follow=True)


def set_up(client: Client) -> tuple[Phone, list[str]]:
    """Set an app up; return it, and the codes on paper."""
    page = confirm(client, SET_UP).content.decode()
    secret = re.search(r"<code dir=\"ltr\">(\w+)</code>", page)
    assert secret, page
    phone = Phone(secret[1])
    shown = client.post(SET_UP, {"code": phone.code()}, follow=True).content.decode()
    return phone, re.findall(r"<li><code>(\d{8})</code>", shown)


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


@pytest.fixture
def here(ana: User) -> Client:
    """Ana's browser, signed in by password."""
    client, _ = sign_in()
    assert is_in(client)
    return client


def test_the_password_alone_is_not_enough_any_more(here: Client) -> None:
    phone, _ = set_up(here)
    client, answer = sign_in()
    assert answer["Location"] == f"{PAGES}authenticate/"
    assert not is_in(client)
    assert "not right" in client.post(answer["Location"], {"code": "000000"}).content.decode()
    assert not is_in(client)
    assert client.post(answer["Location"], {"code": phone.code()})["Location"] == "/"
    assert is_in(client)


def test_one_comes_back_to_the_page_one_wanted(here: Client) -> None:
    phone, _ = set_up(here)
    client = Client()
    client.post("/accounts/login/", {"login": "ana@example.com", "password": PASSWORD, "next": "/rooms/"})
    assert client.post(f"{PAGES}authenticate/", {"code": phone.code()})["Location"] == "/rooms/"


def test_a_code_holds_once(here: Client) -> None:
    phone, _ = set_up(here)
    code = phone.code()
    for expected in (True, False):
        client, answer = sign_in()
        client.post(answer["Location"], {"code": code})
        assert is_in(client) is expected


@pytest.mark.parametrize("written", ["{0}", " {0} ", "{0:.3}-{1}"])
def test_a_code_holds_once_whichever_process_took_it(here: Client, written: str) -> None:
    """What was used is in the database: a process that never saw it knows, and of what was shown before it, too."""
    phone, _ = set_up(here)
    used, before = phone.code(), code_of(phone.secret)
    for code, expected in ((used, True), (used, False), (before, False)):
        cache.clear()
        client, answer = sign_in()
        client.post(answer["Location"], {"code": written.format(code, code[3:])})
        assert is_in(client) is expected


def test_the_code_that_set_an_app_up_has_been_used(here: Client) -> None:
    phone, _ = set_up(here)
    client, answer = sign_in()
    client.post(answer["Location"], {"code": code_of(phone.secret)})
    assert not is_in(client)


def test_guessing_codes_is_throttled(here: Client) -> None:
    phone, _ = set_up(here)
    client, answer = sign_in()
    for _ in range(5):
        client.post(answer["Location"], {"code": "000000"})
    assert "Too many attempts" in client.post(answer["Location"], {"code": phone.code()}).content.decode()
    assert not is_in(client)


def test_a_recovery_code_lets_in_once_and_is_told_by_mail(here: Client, mail: list[Any]) -> None:
    _, codes = set_up(here)
    assert len(codes) == 10
    for expected in (True, False):
        client, answer = sign_in()
        client.post(answer["Location"], {"code": codes[0]})
        assert is_in(client) is expected
    [told] = [each for each in mail if "recovery code" in each.subject]
    assert "9 are left" in told.body


def test_recovery_codes_are_shown_once(here: Client) -> None:
    _, codes = set_up(here)
    again = here.get(CODES).content.decode()
    assert not any(code in again for code in codes)
    assert "10 codes are left" in again
    assert here.get(f"{CODES}download/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_kill_the_old(here: Client, mail: list[Any]) -> None:
    _, old = set_up(here)
    shown = here.post(f"{CODES}generate/", follow=True).content.decode()
    new = re.findall(r"<li><code>(\d{8})</code>", shown)
    assert len(new) == 10 and not set(new) & set(old)
    assert any("recovery codes" in each.subject for each in mail)
    client, answer = sign_in()
    client.post(answer["Location"], {"code": old[0]})
    assert not is_in(client)


@pytest.mark.django_db(transaction=True)
def test_the_first_factor_ends_the_sessions_that_never_showed_one(here: Client, heard: list[Any], ana: User) -> None:
    elsewhere, _ = sign_in()
    set_up(here)
    assert is_in(here) and not is_in(elsewhere)
    assert ("user_revoked", {"user": ana, "but": here.session.session_key}) in heard


@pytest.mark.django_db(transaction=True)
def test_taking_it_off_asks_for_it_ends_other_sessions_and_is_told_by_mail(here: Client, mail: list[Any]) -> None:
    phone, codes = set_up(here)
    elsewhere, answer = sign_in()
    elsewhere.post(answer["Location"], {"code": phone.code()})
    assert is_in(elsewhere)
    asked = elsewhere.get(TAKE_OFF)["Location"]
    assert asked.startswith(f"{PAGES}reauthenticate/")
    assert elsewhere.post("/accounts/reauthenticate/", {"password": PASSWORD})["Location"].startswith(PAGES)
    elsewhere.post(asked, {"code": codes[0]})
    elsewhere.post(TAKE_OFF)
    assert is_in(elsewhere) and not is_in(here)
    assert not Authenticator.objects.exists()
    assert {"authenticator app was taken off" in each.subject for each in mail[-1:]} == {True}
    assert is_in(sign_in()[0])


def test_what_is_stored_opens_nothing_without_the_secret_key(here: Client, settings: Any) -> None:
    phone, codes = set_up(here)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert phone.secret not in stored and not any(code in stored for code in codes)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert two_factor.Adapter().decrypt(Authenticator.objects.get(type="totp").data["secret"]) == phone.secret
    settings.SECRET_KEY_FALLBACKS = []
    assert two_factor.Adapter().decrypt(Authenticator.objects.get(type="totp").data["secret"]) != phone.secret


def test_a_mailbox_alone_confirms_nothing(here: Client, ana: User, mail: list[Any]) -> None:
    EmailAddress.objects.create(user=ana, email=ana.email, primary=True, verified=True)
    page = here.get(SET_UP, follow=True)
    assert page.context["form"].fields.keys() == {"password"}
    assert "/reauthenticate/code/" not in page.content.decode()
    for address in ("/accounts/reauthenticate/code/", "/accounts/reauthenticate/code/confirm/"):
        assert here.get(address).status_code == 403
        here.post(address, {"email": ana.email})
    assert not mail


def test_the_secret_is_kept_out_of_caches(here: Client) -> None:
    assert "no-store" in confirm(here, SET_UP)["Cache-Control"]


# --- Staff, where the site asks it of them ---


@pytest.fixture
def asked(db: None) -> None:
    """The site asks a second factor of its staff."""
    site = Site.current()
    site.require_two_factor = True
    site.save()


@pytest.fixture
def clerk(person: Callable[..., User]) -> Client:
    """One of the staff, signed in by password."""
    person(handle="clerk", is_staff=True, is_superuser=True)
    client, _ = sign_in("clerk@example.com")
    return client


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/accounts/user/", "/", "/rooms/", "/accounts/settings/", "/people/"]
)
def test_nothing_opens_to_staff_until_they_have_one(clerk: Client, asked: None, page: str) -> None:
    assert clerk.get(page)["Location"] == PAGES
    set_up(clerk)
    assert clerk.get(page).get("Location") != PAGES


def test_the_way_there_and_the_way_out_are_open(clerk: Client, asked: None) -> None:
    assert "asks its staff" in clerk.get(PAGES).content.decode()
    assert clerk.get("/accounts/logout/").status_code == 200
    assert clerk.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_the_api_refuses_in_its_own_words(clerk: Client, asked: None) -> None:
    answer = clerk.get("/api/people/")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


def test_it_is_asked_of_staff_only(here: Client, asked: None) -> None:
    assert is_in(here)


def test_the_admin_has_no_door_of_its_own(client: Client, person: Callable[..., User], asked: None) -> None:
    person(handle="clerk", is_staff=True, is_superuser=True)
    door = client.get("/admin/login/?next=/admin/accounts/user/")
    assert door["Location"] == "/accounts/login/?next=/admin/accounts/user/"
    client.post("/admin/login/", {"username": "clerk@example.com", "password": PASSWORD})
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.django_db(transaction=True)
def test_asking_it_cuts_off_the_staff_who_lack_it(
    admin_client: Client, admin: User, heard: list[Any], person: Any
) -> None:
    person(handle="clerk", is_staff=True)
    person(handle="ana")
    page = "/admin/accounts/site/1/change/"
    form = {"name": "Here", "signup_policy": "open", "inviters": "staff", "room_makers": "staff"}
    admin_client.post(page, form)
    assert not [name for name, _ in heard if name == "user_revoked"]
    admin_client.post(page, {**form, "require_two_factor": "on"})
    assert sorted(what["user"].handle for name, what in heard if name == "user_revoked") == ["clerk", "root"]
    assert admin_client.get("/admin/")["Location"] == PAGES


@pytest.mark.django_db(transaction=True)
def test_who_takes_their_own_off_or_becomes_staff_without_one_is_cut_off(
    clerk: Client, admin_client: Client, asked: None, heard: list[Any], person: Callable[..., User]
) -> None:
    ana = person(handle="ana")
    elsewhere = {"user": User.objects.get(handle="clerk")}
    set_up(clerk)
    root, _ = sign_in("root@example.com")
    set_up(root)
    heard.clear()
    clerk.post(TAKE_OFF)
    assert ("user_revoked", elsewhere) in heard, "the page that did it, too"
    heard.clear()
    fields = {"name": "Ana", "handle": "ana", "email": ana.email, "is_staff": "on"}
    assert root.post(f"/admin/accounts/user/{ana.pk}/change/", fields).status_code == 302
    assert ("user_revoked", {"user": ana}) in heard


# --- Who has lost it ---


def test_an_administrator_takes_it_off(here: Client, ana: User, admin_client: Client, mail: list[Any]) -> None:
    set_up(here)
    page = admin_client.get("/admin/accounts/user/").content.decode()
    assert page.count('field-has_two_factor"><img src="/static/admin/img/icon-yes') == 1
    admin_client.post("/admin/accounts/user/", {"action": "remove_two_factor", "_selected_action": [ana.pk]})
    assert not is_in(here)
    assert mail[-1].to == ["ana@example.com"] and "taken off" in mail[-1].subject
    assert is_in(sign_in()[0])


def test_the_command_takes_it_off(here: Client) -> None:
    set_up(here)
    said = StringIO()
    call_command("remove_two_factor", "ANA@example.com", stdout=said)
    assert "by password" in said.getvalue()
    assert is_in(sign_in()[0])


def test_nobody_looks_at_the_secrets_in_the_admin(admin_client: Client) -> None:
    assert admin_client.get("/admin/mfa/authenticator/").status_code == 404


def test_a_factor_that_was_taken_off_counts_no_more(here: Client, ana: User) -> None:
    set_up(here)
    assert two_factor.has_one(ana)
    actions.remove_two_factor(ana)
    assert not two_factor.has_one(ana)
