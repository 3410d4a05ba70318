"""Who may sign up, and what comes of it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from accounts import actions
from accounts.models import Site, User

PAGE = "/accounts/signup/"
FILLED = {"name": "Bo Ek", "email": "Bo@Example.com", "password1": "a few words in a row"}

pytestmark = pytest.mark.usefixtures("admin")


def invite(site: Site) -> str:
    return f"/accounts/invite/{site.invite_key}/"


def test_an_open_site_takes_everyone(
    client: Client, policy: Callable[[str], Site], heard: list[Any], mail: list[Any]
) -> None:
    policy("open")
    assert client.post(PAGE, FILLED)["Location"] == "/"
    bo = User.objects.get(email="bo@example.com")
    assert (bo.name, bo.handle, bo.is_staff) == ("Bo Ek", "bo-ek", False)
    assert client.session["_auth_user_id"] == str(bo.pk)
    assert [what for what in heard if what[0] == "user_joined"] == [("user_joined", {"user": bo})]
    assert "bo@example.com" in mail[0].to and "/accounts/confirm-email/" in mail[0].body


@pytest.mark.parametrize("name", ["invite", "closed"])
def test_no_stranger_signs_up_where_it_is_not_open(client: Client, policy: Callable[[str], Site], name: str) -> None:
    policy(name)
    assert b"<form" not in client.get(PAGE).content
    client.post(PAGE, FILLED)
    assert User.objects.count() == 1


def test_a_new_site_asks_for_an_invitation(client: Client) -> None:
    assert Site.current().signup_policy == "invite"


def test_the_invite_link_opens_sign_up(client: Client, policy: Callable[[str], Site]) -> None:
    site = policy("invite")
    assert client.get(invite(site))["Location"] == PAGE
    assert client.post(PAGE, FILLED)["Location"] == "/"
    assert User.objects.filter(email="bo@example.com").exists()


@pytest.mark.parametrize("key", ["wrong", "%C3%A9", "x" * 500])
def test_a_wrong_invite_link_says_so_and_opens_nothing(client: Client, key: str) -> None:
    answer = client.get(f"/accounts/invite/{key}/")
    assert answer.status_code == 404
    assert "does not work" in answer.content.decode()
    client.post(PAGE, FILLED)
    assert User.objects.count() == 1


def test_a_renewed_link_makes_the_old_one_dead_even_for_who_followed_it(
    client: Client, policy: Callable[[str], Site]
) -> None:
    site = policy("invite")
    old = invite(site)
    client.get(old)
    site.renew_invite()
    client.post(PAGE, FILLED)
    assert User.objects.count() == 1
    assert client.get(old).status_code == 404
    assert client.get(invite(site)).status_code == 302


def test_the_invite_link_does_not_open_a_closed_site(client: Client, policy: Callable[[str], Site]) -> None:
    site = policy("closed")
    assert client.get(invite(site)).status_code == 404


def test_an_invitation_serves_one_sign_up_a_visit(client: Client, policy: Callable[[str], Site]) -> None:
    client.get(invite(policy("invite")))
    client.post(PAGE, FILLED)
    client.post("/accounts/logout/")
    assert b"<form" not in client.get(PAGE).content


def test_two_of_one_name_get_two_handles(policy: Callable[[str], Site]) -> None:
    policy("open")
    for number in range(3):
        Client().post(PAGE, FILLED | {"email": f"bo{number}@example.com"})
    assert set(User.objects.exclude(handle="root").values_list("handle", flat=True)) == {"bo-ek", "bo-ek-2", "bo-ek-3"}


@pytest.mark.django_db(transaction=True)
def test_many_of_one_name_at_once_each_get_a_handle() -> None:
    start, handles = threading.Barrier(6), []

    def sign_up(number: int) -> None:
        start.wait()
        handles.append(actions.sign_up(User(email=f"bo{number}@example.com"), "Bo").handle)
        connection.close()

    threads = [threading.Thread(target=sign_up, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(handles) == ["bo", "bo-2", "bo-3", "bo-4", "bo-5", "bo-6"]


def test_a_handle_taken_at_the_last_moment_is_not_an_error(
    person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    person(handle="bo")
    answers = iter(["bo", "bo-2"])
    monkeypatch.setattr(type(User.objects.all()), "free_handle", lambda *_: next(answers))
    monkeypatch.setattr(type(User.objects), "free_handle", lambda *_: next(answers))
    assert actions.sign_up(User(email="other@example.com"), "Bo").handle == "bo-2"


@pytest.mark.parametrize("email", ["bo@example.com", "BO@EXAMPLE.COM", " Bo@Example.Com "])
def test_an_address_is_taken_in_any_case(
    client: Client, policy: Callable[[str], Site], person: Callable[..., User], email: str
) -> None:
    policy("open")
    person(handle="bo")
    answer = client.post(PAGE, FILLED | {"email": email})
    assert "Someone has signed up with this address already" in answer.content.decode()
    assert User.objects.filter(email__iexact="bo@example.com").count() == 1


def test_a_double_click_makes_one_person_and_leads_on(
    client: Client, policy: Callable[[str], Site], person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy("open")
    person(handle="bo")
    monkeypatch.setattr(
        "accounts.forms.SignupForm.clean_email", lambda form: form.cleaned_data["email"]
    )  # both passed the check
    assert client.post(PAGE, FILLED)["Location"] == "/accounts/login/"
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "Bo\x00"),
        ("name", "Bo\u202e"),
        ("name", "x" * 10_000),
        ("email", ""),
        ("email", "bo"),
        ("email", "bo@example.com\nBcc: all@example.com"),
        ("password1", ""),
        ("password1", "short"),
        ("password1", "bo@example.com"),
    ],
)
def test_a_mistake_is_told_at_its_field(client: Client, policy: Callable[[str], Site], field: str, value: str) -> None:
    policy("open")
    answer = client.post(PAGE, FILLED | {field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors[field]
    assert User.objects.count() == 1


def test_a_dead_mail_server_does_not_undo_a_sign_up(
    client: Client, policy: Callable[[str], Site], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    policy("open")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert client.post(PAGE, FILLED)["Location"] == "/"
    assert User.objects.filter(email="bo@example.com").exists()
    assert "was not sent" in caplog.text


def test_where_confirming_is_mandatory_nobody_joins_before(
    client: Client, policy: Callable[[str], Site], settings: Any, heard: list[Any], mail: list[Any]
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    policy("open")
    assert client.post(PAGE, FILLED)["Location"] == "/accounts/confirm-email/"
    assert heard == []
    link = next(word for word in mail[0].body.split() if "/confirm-email/" in word).removeprefix("http://testserver")
    client.post(link)
    client.post("/accounts/login/", {"login": "bo@example.com", "password": FILLED["password1"]})
    assert [name for name, _ in heard] == ["user_joined"]
    assert EmailAddress.objects.get(email="bo@example.com").verified


@pytest.mark.parametrize("verification", ["optional", "mandatory"])
def test_nobody_is_kept_out_by_who_wishes_to_change_to_their_address(
    client: Client, admin: User, policy: Callable[[str], Site], settings: Any, mail: list[Any], verification: str
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    policy("open")
    EmailAddress.objects.create(user=admin, email=admin.email, primary=True, verified=True)
    EmailAddress.objects.create(user=admin, email="bo@example.com")
    client.post(PAGE, FILLED)
    bo = User.objects.get(email="bo@example.com")
    assert [(each.user, each.primary) for each in EmailAddress.objects.filter(email=bo.email)] == [(bo, True)]
    link = next(word for word in mail[0].body.split() if "/confirm-email/" in word).removeprefix("http://testserver")
    client.post(link)
    assert EmailAddress.objects.get(user=bo).verified
    admin.refresh_from_db()
    assert admin.email == "root@example.com"


def test_many_sign_ups_from_one_address_are_throttled(client: Client, policy: Callable[[str], Site]) -> None:
    policy("open")
    codes = [client.post(PAGE, {}).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
