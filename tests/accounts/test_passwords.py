"""A forgotten password, a changed one, and what a change ends."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import PASSWORD

NEW = "some other words in a row"


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


def ask(client: Client, email: str = "ana@example.com") -> Any:
    return client.post("/accounts/password/reset/", {"email": email})


def link_in(mail: Any) -> str:
    return next(word for word in mail.body.split() if "/password/reset/key/" in word).removeprefix("http://testserver")


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(
    client: Client, ana: User, mail: list[Any], heard: list[Any]
) -> None:
    elsewhere = Client()
    elsewhere.force_login(ana)
    ask(client)
    form = client.get(link_in(mail[0]), follow=True)
    done = client.post(form.context["action_url"], {"password1": NEW}, follow=True)
    assert "Your password is changed" in done.content.decode()
    ana.refresh_from_db()
    assert ana.check_password(NEW)
    assert ("user_revoked", {"user": ana}) in heard
    assert elsewhere.get("/accounts/profile/").status_code == 302


def test_where_mail_goes_to_the_log_nobody_is_told_to_look_for_it(client: Client, ana: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    sent = client.post("/accounts/password/reset/", {"email": ana.email}, follow=True).content.decode()
    assert "finds the link in its log" in sent and "Look into your mail" not in sent
    client.force_login(ana)
    told = client.post("/accounts/email/", {"action_send": "", "email": ana.email}, follow=True).content.decode()
    assert "stands in its log" in told and "have sent a mail" not in told


def test_the_link_works_once(client: Client, ana: User, mail: list[Any]) -> None:
    ask(client)
    link = link_in(mail[0])
    client.post(client.get(link, follow=True).context["action_url"], {"password1": NEW})
    assert "does not work" in Client().get(link, follow=True).content.decode()


@pytest.mark.parametrize(
    "link", ["/accounts/password/reset/key/1-abc-def/", "/accounts/password/reset/key/zzzzzzzzzzzzzz-x/"]
)
def test_a_made_up_link_says_so(client: Client, ana: User, link: str) -> None:
    assert "does not work" in client.get(link, follow=True).content.decode()


def test_a_weak_new_password_is_refused(client: Client, ana: User, mail: list[Any]) -> None:
    ask(client)
    action = client.get(link_in(mail[0]), follow=True).context["action_url"]
    assert client.post(action, {"password1": "short"}).context["form"].errors["password1"]


def test_an_unknown_address_gets_the_same_page_as_a_known_one(client: Client, ana: User) -> None:
    known, unknown = ask(client), ask(client, "nobody@example.com")
    assert known["Location"] == unknown["Location"]


def test_who_is_not_active_gets_no_link(client: Client, person: Callable[..., User], mail: list[Any]) -> None:
    person(handle="gone", is_active=False)
    ask(client, "gone@example.com")
    assert all("/password/reset/key/" not in sent.body for sent in mail)


def test_asking_again_and_again_is_throttled(client: Client, ana: User, mail: list[Any]) -> None:
    codes = [ask(client).status_code for _ in range(6)]
    assert codes == [302] * 5 + [429]
    assert len(mail) == 5


def test_a_mail_is_in_the_name_of_the_site_and_holds_no_words_of_strangers(
    client: Client, person: Callable[..., User], mail: list[Any]
) -> None:
    person(handle="bo", name="Win at evil.example")
    ask(client, "bo@example.com")
    assert mail[0].subject == "A new password for Chatsite"
    assert "evil.example" not in mail[0].body


def test_a_changed_password_signs_out_everywhere_else(
    client: Client, ana: User, heard: list[Any], mail: list[Any]
) -> None:
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(ana)
    key = client.session.session_key
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW})
    assert client.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert heard == [("user_revoked", {"user": ana, "but": key}), ("session_rotated", {"session_key": key})]
    assert mail[0].subject == "Your password at Chatsite was changed"


def test_the_present_password_is_needed_to_change_it(client: Client, ana: User) -> None:
    client.force_login(ana)
    answer = client.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW})
    assert answer.context["form"].errors["oldpassword"] == ["This is not your present password."]


def test_who_has_no_password_gets_one_by_mail(client: Client, person: Callable[..., User], mail: list[Any]) -> None:
    bo = person(handle="bo", password=None)
    client.force_login(bo)
    page = client.get("/accounts/password/change/", follow=True)
    assert page.request["PATH_INFO"] == "/accounts/password/reset/" and page.status_code == 200
    ask(client, "bo@example.com")
    assert [letter.to for letter in mail] == [["bo@example.com"]]


def test_an_address_one_is_changing_to_opens_nothing_before_it_is_confirmed(
    client: Client, ana: User, mail: list[Any]
) -> None:
    """It may be mistyped, and another's."""
    client.force_login(ana)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "anna@example.com", "action_add": ""})
    mail.clear()
    ask(Client(), "anna@example.com")
    assert [letter.to for letter in mail] == [["anna@example.com"]]
    assert "/password/reset/key/" not in mail[0].body
    stranger = Client()
    stranger.post("/accounts/login/", {"login": "anna@example.com", "password": PASSWORD})
    assert stranger.get("/accounts/profile/").status_code == 302
