"""What an administrator sees and does."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import Site, User
from tests.accounts.conftest import PASSWORD

PEOPLE, SITE = "/admin/accounts/user/", "/admin/accounts/site/1/change/"


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana", name="Ana")


@pytest.fixture
def staff_client(client: Client, person: Callable[..., User]) -> Client:
    """Someone who may change people, but is no administrator."""
    clerk = person(handle="clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user", "add_user"]))
    client.force_login(clerk)
    return client


def act(client: Client, action: str, *people: User) -> Any:
    return client.post(PEOPLE, {"action": action, "_selected_action": [user.pk for user in people]}, follow=True)


@pytest.mark.parametrize("path", ["/admin/", PEOPLE, f"{PEOPLE}?q=ana&is_active__exact=1", f"{PEOPLE}add/", SITE])
def test_every_page_opens(admin_client: Client, ana: User, path: str) -> None:
    assert admin_client.get(path).status_code == 200


def test_its_sign_in_leads_on_to_an_address_not_to_what_is_called_so(admin_client: Client) -> None:
    for target in ("on", "home", "\u0663", "/admin/accounts/user/"):
        answer = admin_client.get("/admin/login/", {"next": target})
        assert answer.status_code == 302 and answer["Location"] in (target, "%D9%A3")


def test_a_persons_pages_open(admin_client: Client, ana: User) -> None:
    for page in ("change", "password", "history"):
        assert admin_client.get(f"{PEOPLE}{ana.pk}/{page}/", follow=True).status_code == 200


def test_who_is_not_staff_is_sent_away(client: Client, ana: User) -> None:
    client.force_login(ana)
    assert client.get(PEOPLE).status_code in (302, 403)


def test_the_list_costs_the_same_for_many_people(
    admin_client: Client, person: Callable[..., User], django_assert_max_num_queries: Any
) -> None:
    admin_client.get(PEOPLE)
    with django_assert_max_num_queries(8) as few:
        admin_client.get(PEOPLE)
    for _ in range(20):
        person()
    with django_assert_max_num_queries(len(few.captured_queries)):
        admin_client.get(PEOPLE)


def test_people_are_deactivated_and_activated(
    admin_client: Client, ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert "1 person was deactivated" in act(admin_client, "deactivate", ana).content.decode()
    ana.refresh_from_db()
    assert not ana.is_active
    assert ("user_revoked", {"user": ana}) in heard
    act(admin_client, "activate", ana)
    ana.refresh_from_db()
    assert ana.is_active


def test_an_administrator_does_not_lock_themself_out(admin_client: Client, admin: User, ana: User) -> None:
    assert "cannot deactivate yourself" in act(admin_client, "deactivate", admin, ana).content.decode()
    admin.refresh_from_db()
    ana.refresh_from_db()
    assert admin.is_active and not ana.is_active


def test_nobody_is_deleted(admin_client: Client, ana: User) -> None:
    assert admin_client.post(f"{PEOPLE}{ana.pk}/delete/", {"post": "yes"}).status_code == 403
    act(admin_client, "delete_selected", ana)
    assert User.objects.filter(pk=ana.pk).exists()


def test_staff_cannot_take_the_powers_of_an_administrator(staff_client: Client, admin: User) -> None:
    assert (
        staff_client.post(f"{PEOPLE}{admin.pk}/password/", {"password1": "x" * 20, "password2": "x" * 20}).status_code
        == 403
    )
    act(staff_client, "deactivate", admin)
    clerk = User.objects.get(handle="clerk")
    fields = {"name": "Clerk", "handle": "clerk", "email": "clerk@example.com", "is_superuser": "on", "is_staff": "on"}
    staff_client.post(f"{PEOPLE}{clerk.pk}/change/", fields)
    admin.refresh_from_db()
    clerk.refresh_from_db()
    assert admin.is_active and admin.check_password(PASSWORD)
    assert not clerk.is_superuser


def test_staff_change_nobody_of_the_staff(staff_client: Client, person: Callable[..., User]) -> None:
    """A new password or address would be a way to the powers of others."""
    keeper = person(handle="keeper", is_staff=True)
    keeper.user_permissions.set(Permission.objects.filter(content_type__app_label="rooms"))
    fields = {"name": "Keeper", "handle": "keeper", "email": "clerk+1@example.com"}
    for page, typed in (("password", {"password1": "x" * 20, "password2": "x" * 20}), ("change", fields)):
        assert staff_client.post(f"{PEOPLE}{keeper.pk}/{page}/", typed).status_code == 403
    act(staff_client, "deactivate", keeper)
    keeper.refresh_from_db()
    assert (keeper.email, keeper.is_active, keeper.check_password(PASSWORD)) == ("keeper@example.com", True, True)


def test_staff_give_their_group_no_powers(staff_client: Client) -> None:
    clerk, group = User.objects.get(handle="clerk"), Group.objects.create(name="Desk")
    clerk.groups.add(group)
    clerk.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    wanted = {"name": "Desk", "permissions": [Permission.objects.get(codename="change_site").pk]}
    assert staff_client.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
    assert staff_client.post(f"/admin/auth/group/{group.pk}/change/", wanted).status_code == 403
    assert staff_client.post("/admin/auth/group/add/", wanted | {"name": "Another"}).status_code == 403
    assert staff_client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert not group.permissions.exists()


def test_a_person_is_made_and_signs_in(admin_client: Client) -> None:
    words = "a few words in a row"
    fields = {
        "name": "Bo",
        "handle": "bo",
        "email": "BO@example.com",
        "usable_password": "true",
        "password1": words,
        "password2": words,
    }
    answer = admin_client.post(f"{PEOPLE}add/", fields)
    assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.get(handle="bo").email == "bo@example.com"
    assert Client().post("/accounts/login/", {"login": "bo@example.com", "password": words})["Location"] == "/"


@pytest.mark.parametrize(
    ("field", "value"),
    [("handle", "Ana Lima"), ("handle", "root"), ("name", "\u202eanA"), ("email", "ROOT@example.com")],
)
def test_the_rules_for_names_hold_here_too(admin_client: Client, ana: User, field: str, value: str) -> None:
    fields = {"name": "Ana", "handle": "ana", "email": "ana@example.com"} | {field: value}
    assert admin_client.post(f"{PEOPLE}{ana.pk}/change/", fields).status_code == 200
    ana.refresh_from_db()
    assert (ana.name, ana.handle, ana.email) == ("Ana", "ana", "ana@example.com")


def test_a_new_name_is_told(
    admin_client: Client, ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(
            f"{PEOPLE}{ana.pk}/change/", {"name": "Ana Lima", "handle": "ana", "email": "ana@example.com"}
        )
    assert [name for name, _ in heard] == ["user_changed"]


def test_an_address_changed_here_opens_and_the_old_one_does_not(admin_client: Client, ana: User) -> None:
    EmailAddress.objects.create(user=ana, email=ana.email, primary=True, verified=True)
    admin_client.post(f"{PEOPLE}{ana.pk}/change/", {"name": "Ana", "handle": "ana", "email": "New@example.com"})
    browser = Client()
    browser.post("/accounts/login/", {"login": "ana@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in browser.session
    browser.post("/accounts/login/", {"login": "new@example.com", "password": PASSWORD})
    assert "_auth_user_id" in browser.session


def test_a_password_set_here_ends_the_persons_sessions(
    admin_client: Client, client: Client, ana: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(ana)
    words = "some other words in a row"
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(
            f"{PEOPLE}{ana.pk}/password/", {"usable_password": "true", "password1": words, "password2": words}
        )
    ana.refresh_from_db()
    assert ana.check_password(words)
    assert ("user_revoked", {"user": ana}) in heard
    assert client.get("/accounts/profile/").status_code == 302


def test_the_site_is_one_page(admin_client: Client) -> None:
    assert admin_client.get("/admin/accounts/site/")["Location"] == SITE
    assert admin_client.get("/admin/accounts/site/add/").status_code == 403
    assert admin_client.post("/admin/accounts/site/1/delete/", {"post": "yes"}).status_code == 403


def test_the_site_is_renamed_and_closed(admin_client: Client) -> None:
    admin_client.post(SITE, {"name": "Harbour", "signup_policy": "closed", "inviters": "staff", "room_makers": "staff"})
    site = Site.current()
    assert (site.name, site.signup_policy, site.inviters, site.room_makers) == ("Harbour", "closed", "staff", "staff")


def test_the_invite_link_is_shown_and_renewed(admin_client: Client) -> None:
    before = Site.current().invite_key
    assert f"http://testserver/accounts/invite/{before}/" in admin_client.get(SITE).content.decode()
    admin_client.get("/admin/accounts/site/renew-invite/")
    assert Site.current().invite_key == before
    admin_client.post("/admin/accounts/site/renew-invite/")
    assert Site.current().invite_key != before


def test_renewing_needs_the_right_and_the_token(staff_client: Client, admin: User) -> None:
    before = Site.current().invite_key
    staff_client.post("/admin/accounts/site/renew-invite/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert strict.post("/admin/accounts/site/renew-invite/").status_code == 403
    assert Site.current().invite_key == before


def test_who_is_no_longer_staff_keeps_no_power_by_a_group(
    client: Client, ana: User, person: Callable[..., User]
) -> None:
    """The site asks no second factor of who is not staff: what they may do is what anybody may."""
    group = Group.objects.create(name="Moderators")
    group.permissions.set(Permission.objects.filter(codename__in=["change_user", "change_site"]))
    former = person(handle="former", is_staff=True)
    former.groups.add(group)
    client.force_login(former)
    ban, before = {"act": "ban", "seconds": "0", "reason": "why"}, Site.current().invite_key
    assert client.get(f"/people/{ana.pk}/moderate/").status_code == 200
    assert client.post("/invite/renew/").status_code == 302 and Site.current().invite_key != before
    User.objects.filter(pk=former.pk).update(is_staff=False)
    before = Site.current().invite_key
    assert client.post(f"/people/{ana.pk}/moderate/", ban).status_code == 403
    assert client.post("/invite/renew/").status_code == 403
    assert not client.get("/invite/").context["may_renew"]
    ana.refresh_from_db()
    assert not ana.is_banned and Site.current().invite_key == before


def test_the_sites_name_is_tidied(admin_client: Client) -> None:
    admin_client.post(
        SITE, {"name": " Har\nbour  Club ", "signup_policy": "open", "inviters": "everyone", "room_makers": "everyone"}
    )
    assert Site.current().name == "Har bour Club"
    answer = admin_client.post(
        SITE, {"name": "Har\u202ebour", "signup_policy": "open", "inviters": "everyone", "room_makers": "everyone"}
    )
    assert answer.context["errors"] == [["A character in it cannot be shown."]]
