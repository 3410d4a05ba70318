"""Links that invite, into a room and to the site: who makes them, who comes in by them, and what each dead one says."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import actions as account_actions
from accounts.models import Site, User
from rooms import actions
from rooms.actions.inviting import MOST_ACTIVE
from rooms.errors import Archived, ChatError, Forbidden, Invalid, NotFound
from rooms.models import Invitation, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Rooms = Callable[..., Room]
SignedIn = Callable[[User], Client]

LINKS = "/rooms/lair/invitations/"
FILLED = {"name": "Eve Ek", "email": "eve@example.com", "password1": "a few words in a row"}


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture
def lair(room: Rooms, ana: User, bo: User) -> Room:
    """A closed room that Ana moderates and Bo is in."""
    return room(bo, slug="lair", kind="closed", name="Lair of Secrets", moderators=[ana])


@pytest.fixture
def eve(person: Callable[..., User]) -> User:
    return person("eve-stranger")


@pytest.fixture
def link(lair: Room, ana: User) -> Invitation:
    return actions.invite(ana, "lair", timedelta(days=1), 2)


def address(link: Invitation) -> str:
    return f"/invite/{link.token}/"


def state(link: Invitation) -> str:
    """How it stands now."""
    now = Invitation.objects.by_token(link.token)
    assert now
    return str(now.state().value)


def policy(name: str, **fields: str) -> None:
    Site.current()
    Site.objects.update(signup_policy=name, **fields)


def members(room: Room) -> set[str]:
    return set(room.memberships.values_list("user__handle", flat=True))


# --- Made and taken back ---


def test_a_moderator_makes_a_link_sees_it_and_takes_it_back(lair: Room, ana: User, signed_in: SignedIn) -> None:
    web = signed_in(ana)
    answer = web.post(LINKS, {"lifetime": "3600", "max_uses": "5"}, follow=True)
    [link] = Invitation.objects.all()
    assert link.expires_at and timedelta(minutes=59) < link.expires_at - timezone.now() <= timedelta(hours=1)
    assert (link.max_uses, link.uses, link.created_by) == (5, 0, ana)
    shown = answer.content.decode()
    assert f"http://testserver/invite/{link.token}/" in shown and "0 of 5 used" in shown
    page = web.get(f"{LINKS}{link.pk}/").content.decode()
    assert "<svg" in page and "style=" not in page and link.token in page
    assert link.token not in web.post(f"{LINKS}{link.pk}/revoke/", follow=True).content.decode()
    assert web.get(f"{LINKS}{link.pk}/").status_code == 404


def test_tokens_are_long_and_no_two_the_same(lair: Room, ana: User) -> None:
    tokens = {actions.invite(ana, "lair").token for _ in range(MOST_ACTIVE)}
    assert len(tokens) == MOST_ACTIVE and all(len(token) >= 22 for token in tokens)  # 22 of base64: 128 bits
    with pytest.raises(Invalid, match="20 links"):
        actions.invite(ana, "lair")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lifetime": "5"}, "lifetime"), ({"lifetime": ""}, "lifetime"), ({"lifetime": "-1"}, "lifetime"), ({"max_uses": "0"}, "max_uses"),
        ({"max_uses": "-3"}, "max_uses"), ({"max_uses": "9" * 30}, "max_uses"), ({"max_uses": "many"}, "max_uses"), ({"max_uses": "1\0"}, "max_uses"),
    ],
)  # fmt: skip
def test_what_makes_no_link_is_told_at_its_field(
    lair: Room, ana: User, signed_in: SignedIn, wrong: dict[str, str], field: str
) -> None:
    page = signed_in(ana).post(LINKS, {"lifetime": "3600", "max_uses": ""} | wrong)
    assert page.status_code == 200 and list(page.context["invitation_form"].errors) == [field]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("terms", [(timedelta(), None), (timedelta(days=9999), None), (None, 0), (None, 10**9)])
def test_terms_out_of_bounds_are_invalid(lair: Room, ana: User, terms: tuple[Any, Any]) -> None:
    with pytest.raises(Invalid):
        actions.invite(ana, "lair", *terms)


def test_others_neither_make_links_nor_see_nor_revoke_them(
    lair: Room, link: Invitation, bo: User, eve: User, signed_in: SignedIn, client: Client
) -> None:
    for user, refusal in ((bo, Forbidden), (eve, NotFound)):
        with pytest.raises(refusal):
            actions.invite(user, "lair")
        with pytest.raises(refusal):
            actions.revoke_invitation(user, "lair", link.pk)
        assert signed_in(user).get(f"{LINKS}{link.pk}/").status_code == 404
    settings = signed_in(bo).get("/rooms/lair/settings/").content.decode()
    assert "Invite links" not in settings and link.token not in settings
    for path in (LINKS, f"{LINKS}{link.pk}/revoke/"):
        assert "/login/" in client.post(path, {"lifetime": "0"})["Location"]
    assert Invitation.objects.count() == 1 and state(link) == "active"


def test_a_link_of_another_room_is_not_revoked_by_this_rooms_moderator(
    lair: Room, link: Invitation, room: Rooms, eve: User
) -> None:
    room(slug="other", moderators=[eve])
    for id in (link.pk, 10**30):
        with pytest.raises(NotFound):
            actions.revoke_invitation(eve, "other", id)
    assert state(link) == "active"


def test_an_archived_room_makes_no_links_and_its_own_can_be_revoked(lair: Room, link: Invitation, ana: User) -> None:
    actions.archive(lair)
    with pytest.raises(Archived):
        actions.invite(ana, "lair")
    actions.revoke_invitation(ana, "lair", link.pk)
    assert state(link) == "revoked"


def test_nobody_is_invited_into_a_direct_conversation(room: Rooms, ana: User, bo: User) -> None:
    room(bo, slug="two", kind="direct", moderators=[ana])
    with pytest.raises(Forbidden):
        actions.invite(ana, "two")


# --- Followed ---


def test_opening_a_link_makes_nobody_a_member_and_joining_does(
    heard: Recorder, lair: Room, link: Invitation, eve: User, signed_in: SignedIn
) -> None:
    web = signed_in(eve)
    for _ in range(2):
        page = web.get(address(link))
        assert page.status_code == 200 and "Join Lair of Secrets?" in page.content.decode()
    assert members(lair) == {"ana", "bo"}
    heard.clear()
    assert web.post(address(link))["Location"] == "/rooms/lair/"
    assert members(lair) == {"ana", "bo", eve.handle}
    assert ("grant", eve.pk, "lair") in heard.moved and heard.of("members")[0]["members"] == 3
    link.refresh_from_db()
    assert link.uses == 1


def test_a_form_without_its_token_joins_nobody(lair: Room, link: Invitation, eve: User) -> None:
    web = Client(enforce_csrf_checks=True)
    web.force_login(eve)
    assert web.post(address(link)).status_code == 403
    assert members(lair) == {"ana", "bo"}


def test_who_is_in_already_is_led_into_the_room_and_uses_nothing_up(
    lair: Room, link: Invitation, bo: User, signed_in: SignedIn
) -> None:
    web = signed_in(bo)
    page = web.get(address(link), follow=True)
    assert page.redirect_chain[-1][0] == "/rooms/lair/" and "You are in this room already" in page.content.decode()
    assert web.post(address(link))["Location"] == "/rooms/lair/"
    assert actions.accept(bo, link.token) == lair
    link.refresh_from_db()
    assert link.uses == 0


def exhaust(link: Invitation, lair: Room, ana: User, person: Callable[..., User]) -> None:
    for _ in range(2):
        actions.accept(person(), link.token)


DEAD: dict[str, tuple[Callable[..., Any], str, int, type[ChatError]]] = {
    "expired": (
        lambda link, *_: Invitation.objects.filter(pk=link.pk).update(expires_at=timezone.now()),
        "It has expired", 403, Forbidden,
    ),
    "used up": (exhaust, "As many people as it was for", 403, Forbidden),
    "revoked": (lambda link, lair, ana, _: actions.revoke_invitation(ana, "lair", link.pk), "It was taken back", 403, Forbidden),
    "of who moderates no more": (
        lambda link, lair, ana, _: actions.change_role(lair.memberships.get(user=ana), "member"), "It was taken back", 403, Forbidden,
    ),
    "of who was removed": (lambda link, lair, ana, _: actions.dismiss(lair, [ana]), "It was taken back", 403, Forbidden),
    "of who is not active": (lambda link, lair, ana, _: account_actions.deactivate([ana]), "It was taken back", 403, Forbidden),
    "of who is banned from the site": (lambda link, lair, ana, _: account_actions.ban(ana, None, None, "spam"), "It was taken back", 403, Forbidden),
    "of an archived room": (lambda link, lair, *_: actions.archive(lair), "is archived", 409, Archived),
    "unknown": (lambda link, *_: Invitation.objects.filter(pk=link.pk).delete(), "A part of it is missing", 404, NotFound),
}  # fmt: skip


@pytest.mark.parametrize("how", DEAD)
def test_each_dead_link_has_its_words_and_lets_nobody_in(
    how: str, lair: Room, link: Invitation, ana: User, eve: User, person: Any, signed_in: SignedIn
) -> None:
    kill, words, status, refusal = DEAD[how]
    kill(link, lair, ana, person)
    before = members(lair)
    web = signed_in(eve)
    for page in (web.get(address(link)), web.post(address(link)), Client().get(address(link))):
        assert page.status_code == status and words in page.content.decode()
    with pytest.raises(refusal):
        actions.accept(eve, link.token)
    stranger = Client()
    stranger.get(address(link))
    stranger.post("/accounts/signup/", FILLED)
    assert members(lair) == before and not User.objects.filter(email=FILLED["email"]).exists()


@pytest.mark.parametrize("token", ["x", "%00", "%F0%9F%98%80", "x" * 5000, "..%2f", "%22%3Cscript%3E"])
def test_nonsense_for_a_token_is_an_unknown_link(token: str, eve: User, signed_in: SignedIn) -> None:
    for web in (signed_in(eve), Client()):
        page = web.get(f"/invite/{token}/")
        assert page.status_code == 404 and "<script>" not in page.content.decode()


def test_who_was_deactivated_comes_in_by_no_link(lair: Room, link: Invitation, eve: User, signed_in: SignedIn) -> None:
    web = signed_in(eve)
    account_actions.deactivate([eve])
    page = web.post(address(link))
    assert page.status_code == 200 and "You are invited to" in page.content.decode()
    with pytest.raises(Forbidden):
        actions.accept(eve, link.token)
    assert members(lair) == {"ana", "bo"}
    eve.refresh_from_db()
    eve.set_password("a few words in a row")
    eve.save()
    page = web.post("/accounts/login/", {"login": eve.email, "password": "a few words in a row"}, follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/inactive/"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_last_use_one_gets_in(lair: Room, ana: User, person: Callable[..., User]) -> None:
    link = actions.invite(ana, "lair", max_uses=1)
    people, start = [person() for _ in range(6)], threading.Barrier(6)
    ends: list[str] = []

    def follow(user: User) -> None:
        start.wait()
        try:
            actions.accept(user, link.token)
            ends.append("in")
        except Forbidden:
            ends.append("out")
        finally:
            connection.close()

    threads = [threading.Thread(target=follow, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    link.refresh_from_db()
    assert sorted(ends) == ["in", *["out"] * 5]
    assert link.uses == 1 and len(members(lair)) == 3


# --- Signing up by it ---


def test_who_has_no_account_signs_up_by_the_link_and_is_in_the_room(lair: Room, link: Invitation) -> None:
    policy("invite")
    web = Client()
    page = web.get(address(link)).content.decode()
    assert "You are invited to Lair of Secrets" in page and members(lair) == {"ana", "bo"}
    there = f"/accounts/signup/?next=%2Finvite%2F{link.token}%2F%3Fgo"
    assert there in page
    answer = web.post(there, FILLED, follow=True)
    assert answer.redirect_chain[-1] == ("/rooms/lair/", 302)
    assert members(lair) == {"ana", "bo", "eve-ek"}
    link.refresh_from_db()
    assert link.uses == 1


def test_a_sign_up_is_a_use_and_the_next_one_needs_another_invitation(lair: Room, ana: User) -> None:
    """Nobody makes accounts without end by a link for one person."""
    policy("invite")
    link = actions.invite(ana, "lair", max_uses=1)
    first, second = Client(), Client()
    for web in (first, second):
        web.get(address(link))
        assert b"<form" in web.get("/accounts/signup/").content
    first.post("/accounts/signup/", FILLED)
    page = second.post("/accounts/signup/", FILLED | {"email": "second@example.com"}, follow=True)
    assert not User.objects.filter(email="second@example.com").exists()
    assert "By invitation" in page.content.decode()
    first.post("/accounts/logout/")
    assert b"<form" not in first.get("/accounts/signup/").content


def test_used_up_between_the_look_and_the_sign_up_it_stores_nobody(
    lair: Room, link: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy("invite")
    web = Client()
    web.get(address(link))
    monkeypatch.setattr(actions, "accepts", lambda user, key: False)
    page = web.post("/accounts/signup/", FILLED, follow=True)
    assert "does not work any more" in page.content.decode()
    assert not User.objects.filter(email=FILLED["email"]).exists()


def test_where_everyone_may_sign_up_a_dead_link_does_not_hinder(lair: Room, link: Invitation, ana: User) -> None:
    policy("open")
    web = Client()
    web.get(address(link))
    actions.revoke_invitation(ana, "lair", link.pk)
    page = web.post(f"/accounts/signup/?next={address(link)}%3Fgo", FILLED, follow=True)
    assert User.objects.filter(email=FILLED["email"]).exists() and "It was taken back" in page.content.decode()
    assert members(lair) == {"ana", "bo"}


@pytest.mark.parametrize("fields", [{"signup_policy": "closed"}, {"signup_policy": "invite", "inviters": "staff"}])
def test_a_link_lets_nobody_sign_up_where_its_maker_may_not_invite(
    lair: Room, link: Invitation, eve: User, signed_in: SignedIn, fields: dict[str, str]
) -> None:
    policy(fields["signup_policy"], inviters=fields.get("inviters", "everyone"))
    web = Client()
    page = web.get(address(link)).content.decode()
    assert "Sign in" in page and "/signup/" not in page
    web.post("/accounts/signup/", FILLED)
    assert not User.objects.filter(email=FILLED["email"]).exists()
    assert signed_in(eve).post(address(link))["Location"] == "/rooms/lair/"  # who is here comes in


def test_who_signs_in_by_the_link_comes_back_to_it(lair: Room, link: Invitation, eve: User) -> None:
    eve.set_password(FILLED["password1"])
    eve.save()
    web = Client()
    there = f"/accounts/login/?next=%2Finvite%2F{link.token}%2F%3Fgo"
    assert there in web.get(address(link)).content.decode()
    page = web.post(there, {"login": eve.email, "password": FILLED["password1"]}, follow=True)
    assert "Join Lair of Secrets?" in page.content.decode() and members(lair) == {"ana", "bo"}


# --- The site's own ---


def test_who_may_invite_sees_the_sites_link_with_its_code(eve: User, signed_in: SignedIn) -> None:
    policy("invite")
    page = signed_in(eve).get("/invite/").content.decode()
    assert f"/accounts/invite/{Site.current().invite_key}/" in page and "<svg" in page and "Make a new link" not in page
    assert 'href="/invite/"' in signed_in(eve).get("/rooms/").content.decode()


def test_where_only_staff_invite_others_are_told_so(eve: User, person: Any, signed_in: SignedIn) -> None:
    policy("invite", inviters="staff")
    page = signed_in(eve).get("/invite/")
    assert page.status_code == 403 and Site.current().invite_key not in page.content.decode()
    assert 'href="/invite/"' not in signed_in(eve).get("/rooms/").content.decode()
    clerk = signed_in(person("clerk", is_staff=True)).get("/invite/")
    assert Site.current().invite_key in clerk.content.decode()


def test_a_closed_site_shows_no_link(eve: User, signed_in: SignedIn) -> None:
    policy("closed")
    page = signed_in(eve).get("/invite/").content.decode()
    assert "sign-up is closed" in page and Site.current().invite_key not in page


def test_an_administrator_renews_the_sites_link_and_nobody_else(eve: User, person: Any, signed_in: SignedIn) -> None:
    policy("invite")
    old = Site.current().invite_key
    for web in (signed_in(eve), signed_in(person("clerk", is_staff=True))):
        assert web.post("/invite/renew/").status_code == 403
    assert "/login/" in Client().post("/invite/renew/")["Location"]
    root = signed_in(person("root", is_staff=True, is_superuser=True))
    assert root.get("/invite/renew/").status_code == 405 and Site.current().invite_key == old
    page = root.post("/invite/renew/", follow=True).content.decode()
    assert Site.current().invite_key in page
    assert Site.current().invite_key != old


# --- In the admin ---


def test_the_admin_makes_links_and_takes_them_back(lair: Room, person: Any, eve: User, signed_in: SignedIn) -> None:
    root = person("root", is_staff=True, is_superuser=True)
    desk = signed_in(root)
    for wrong in ({"max_uses": "0"}, {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, {"room": ""}):
        page = desk.post(
            "/admin/rooms/invitation/add/",
            {"room": lair.pk, "max_uses": "", "expires_at_0": "", "expires_at_1": ""} | wrong,
        )
        assert page.status_code == 200 and not Invitation.objects.exists()
    answer = desk.post(
        "/admin/rooms/invitation/add/", {"room": lair.pk, "max_uses": "3", "expires_at_0": "", "expires_at_1": ""}
    )
    assert answer.status_code == 302
    [link] = Invitation.objects.all()
    assert (link.created_by, link.max_uses) == (root, 3) and state(link) == "active"  # though root is not in the room
    assert f"/invite/{link.token}/" in desk.get(f"/admin/rooms/invitation/{link.pk}/change/").content.decode()
    assert desk.get("/admin/rooms/invitation/").status_code == 200
    actions.accept(eve, link.token)
    desk.post("/admin/rooms/invitation/", {"action": "revoke", "_selected_action": [link.pk]})
    assert state(link) == "revoked"


def test_the_site_settings_show_the_link_with_its_code(person: Any, signed_in: SignedIn) -> None:
    policy("invite")
    page = signed_in(person("root", is_staff=True, is_superuser=True)).get("/admin/accounts/site/1/change/")
    assert "<svg" in page.content.decode() and Site.current().invite_key in page.content.decode()
