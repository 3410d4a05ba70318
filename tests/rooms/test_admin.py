"""The admin of rooms and messages: what is done there goes through `actions`, so that those who are connected hear of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from rooms import actions
from rooms.models import Membership, Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
ROOMS, MESSAGES = "/admin/rooms/room/", "/admin/rooms/message/"
Say = Callable[..., list[Message]]


@pytest.fixture
def admin(person: Callable[..., User]) -> User:
    return person("root", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(admin: User, signed_in: Callable[[User], Client]) -> Client:
    """The administrator's browser."""
    return signed_in(admin)


def form(room: Room | None = None, members: list[dict[str, Any]] = [], **fields: Any) -> dict[str, Any]:  # noqa: B006
    """A room's form as the page has it, with these fields changed; `members` are rows of the inline form."""
    data: dict[str, Any] = {"name": "", "slug": "", "topic": "", "kind": "open"}
    if room:
        data = {name: getattr(room, name) for name in ("name", "topic", "kind")}
        data |= {"archived": "on"} if room.is_archived else {}
        data |= {"is_default": "on"} if room.is_default else {}
    old = [row for row in members if "id" in row]
    data |= {"memberships-TOTAL_FORMS": len(members), "memberships-INITIAL_FORMS": len(old)}
    for n, row in enumerate([*old, *(row for row in members if "id" not in row)]):
        data |= {f"memberships-{n}-{name}": value for name, value in row.items()}
        data[f"memberships-{n}-room"] = room.pk if room else ""
    return {name: value for name, value in (data | fields).items() if value is not None}


def saved(response: Any) -> None:
    """The form was taken; otherwise say what was wrong with it."""
    errors = response.context and [
        str(f.errors) for f in (response.context["adminform"].form, *response.context["inline_admin_formsets"][0].forms)
    ]
    assert response.status_code == 302, errors


def test_a_room_is_created_with_its_members(heard: Recorder, desk: Client, admin: User, ana: User) -> None:
    members = [{"user": ana.pk, "role": "moderator"}]
    saved(desk.post(f"{ROOMS}add/", form(members=members, name="Tea Room", topic="Tea", kind="closed", slow_mode=30)))
    room = Room.objects.get()
    assert (room.slug, room.topic, room.kind, room.created_by) == ("tea-room", "Tea", "closed", admin)
    assert room.slow_mode == 30
    assert dict(room.memberships.values_list("user__handle", "role")) == {"root": "moderator", "ana": "moderator"}
    assert ("grant", ana.pk, "tea-room") in heard.moved
    assert ana.pk in [int(to.split(":")[1]) for to, data in heard.said if data["type"] == "room"]


def test_an_address_that_is_taken_or_none_is_told_at_its_field(desk: Client, den: Room) -> None:
    for slug in ("den", "no blanks", "ümlaut", "a/b"):
        page = desk.post(f"{ROOMS}add/", form(name="Another", slug=slug))
        assert page.status_code == 200 and page.context["adminform"].form.errors["slug"]
    assert Room.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "Lair", "Lair"),
        ("topic", "Tea", "Tea"),
        ("kind", "closed", "closed"),
        ("is_default", "on", True),
        ("slow_mode", 30, 30),
    ],
)
def test_what_is_changed_is_told(heard: Recorder, desk: Client, den: Room, field: str, value: str, told: Any) -> None:
    heard.clear()
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, **{field: value})))
    [data] = heard.of("room")
    assert (data["room"], data[field]) == ("den", told)
    den.refresh_from_db()
    assert getattr(den, field) == told


def test_slow_mode_ends_by_a_0_or_by_nothing(desk: Client, room: Callable[..., Room]) -> None:
    for slow_mode in ("0", ""):
        den = room(slow_mode=30)
        saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, slow_mode=slow_mode)))
        den.refresh_from_db()
        assert den.slow_mode == 0


def test_nothing_changed_is_nothing_told(heard: Recorder, desk: Client, den: Room) -> None:
    heard.clear()
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den)))
    assert heard.said == []


def test_the_address_of_a_room_holds(desk: Client, den: Room) -> None:
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, slug="elsewhere")))
    den.refresh_from_db()
    assert den.slug == "den"


def test_counters_are_not_touched_by_the_form(desk: Client, den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one", "two")
    actions.delete(ana, "den", 1)
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, name="Lair", last_seq=99, version=99)))
    den.refresh_from_db()
    assert (den.name, den.last_seq, den.version) == ("Lair", 2, 3)


def test_members_are_added_changed_and_taken_out(
    heard: Recorder, desk: Client, den: Room, ana: User, bo: User, person: Any
) -> None:
    eve = person("eve")
    rows = {member.user.handle: member.pk for member in den.memberships.all()}
    heard.clear()
    members = [
        {"id": rows["ana"], "user": ana.pk, "role": "moderator"},
        {"id": rows["bo"], "user": bo.pk, "role": "member", "DELETE": "on"},
        {"user": eve.pk, "role": "member"},
    ]
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, members)))
    assert dict(den.memberships.values_list("user__handle", "role")) == {"ana": "moderator", "eve": "member"}
    assert {("revoke", bo.pk, "den"), ("grant", eve.pk, "den")} <= set(heard.moved)
    assert {to for to, data in heard.said if data.get("gone")} == {f"user:{bo.pk}"}
    assert [data["role"] for to, data in heard.said if to == f"user:{ana.pk}"] == ["moderator"]


def test_a_row_given_to_somebody_else_takes_one_out_and_lets_one_in(
    heard: Recorder, desk: Client, den: Room, ana: User, bo: User, person: Any
) -> None:
    eve, row = person("eve"), den.memberships.get(user=bo)
    heard.clear()
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, [{"id": row.pk, "user": eve.pk, "role": "member"}])))
    assert set(den.memberships.values_list("user__handle", flat=True)) == {"ana", "eve"}
    assert {("revoke", bo.pk, "den"), ("grant", eve.pk, "den")} <= set(heard.moved)


def test_somebody_twice_is_in_once(desk: Client, den: Room, ana: User) -> None:
    saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, [{"user": ana.pk, "role": "member"}])))
    assert den.memberships.filter(user=ana).count() == 1


@pytest.mark.parametrize("by", ["form", "action"])
def test_a_room_is_archived_and_opened_again(heard: Recorder, desk: Client, den: Room, by: str) -> None:
    heard.clear()
    for action, archived in (("archive", True), ("unarchive", False)):
        if by == "action":
            desk.post(ROOMS, {"action": action, "_selected_action": [den.pk]})
        else:
            saved(desk.post(f"{ROOMS}{den.pk}/change/", form(den, archived="on" if archived else None)))
        den.refresh_from_db()
        assert den.is_archived is archived
    assert [data["archived"] for data in heard.of("room")] == [True, False]


def test_a_room_is_never_deleted(desk: Client, den: Room) -> None:
    assert desk.post(f"{ROOMS}{den.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(ROOMS, {"action": "delete_selected", "_selected_action": [den.pk], "post": "yes"})
    assert Room.objects.filter(pk=den.pk).exists()


def test_messages_are_deleted_with_a_reason_and_that_is_heard(
    heard: Recorder, desk: Client, admin: User, den: Room, ana: User, say: Say
) -> None:
    one, two = say(den, ana, "spam", "ham")
    heard.clear()
    chosen = {"action": "delete_messages", "_selected_action": [one.pk]}
    page = desk.post(MESSAGES, chosen)
    assert "spam" in page.content.decode() and heard.said == []
    assert desk.post(MESSAGES, {**chosen, "reason": "x" * 300}).status_code == 302
    [data] = heard.of("message")
    assert (data["message"]["seq"], data["message"]["deleted"]) == (1, True)
    one.refresh_from_db()
    assert (one.body, one.deleted_by, one.delete_reason) == ("", admin, "x" * 250)
    two.refresh_from_db()
    assert two.body == "ham"


def test_messages_are_found_by_word_author_room_and_whether_they_stand(
    desk: Client, den: Room, ana: User, bo: User, say: Say, room: Callable[..., Room]
) -> None:
    other = room(ana, slug="other")
    say(den, ana, "alpha", "beta")
    say(den, bo, "alpha again")
    say(other, ana, "gamma")
    actions.delete(ana, "den", 2)
    found = {
        "q=alpha": 2, "q=bo": 1, "q=ANA": 3, "q=nothing": 0, f"room__id__exact={other.pk}": 1,
        "deleted_at__isempty=0": 1, "deleted_at__isempty=1": 3,
    }  # fmt: skip
    for query, count in found.items():
        page = desk.get(f"{MESSAGES}?{query}")
        assert page.status_code == 200 and page.context["cl"].result_count == count, query


def test_rooms_are_found_and_filtered(desk: Client, den: Room, room: Callable[..., Room]) -> None:
    room(slug="vault", kind="closed", topic="gold")
    actions.archive(room(slug="old"))
    for query, count in {"q=gold": 1, "q=den": 1, "kind__exact=closed": 1, "archived_at__isempty=0": 1, "": 3}.items():
        assert desk.get(f"{ROOMS}?{query}").context["cl"].result_count == count


def test_messages_are_neither_written_nor_changed_there(desk: Client, den: Room, ana: User, say: Say) -> None:
    [message] = say(den, ana, "one")
    assert desk.get(f"{MESSAGES}add/").status_code == 403
    page = desk.get(f"{MESSAGES}{message.pk}/change/")
    assert page.status_code == 200 and 'name="_save"' not in page.text and 'class="closelink"' in page.text
    desk.post(f"{MESSAGES}{message.pk}/change/", {"body": "another"})
    assert desk.post(f"{MESSAGES}{message.pk}/delete/", {"post": "yes"}).status_code == 403
    message.refresh_from_db()
    assert message.body == "one"


def test_staff_without_the_right_delete_nothing(den: Room, ana: User, say: Say, person: Any, signed_in: Any) -> None:
    [message] = say(den, ana, "one")
    clerk = person("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_message"))
    desk = signed_in(clerk)
    assert desk.get(MESSAGES).status_code == 200
    desk.post(MESSAGES, {"action": "delete_messages", "_selected_action": [message.pk], "reason": "x"})
    message.refresh_from_db()
    assert message.body == "one"
    assert desk.get(ROOMS).status_code == 403


def test_staff_who_may_only_look_at_rooms_archive_none(
    den: Room, room: Callable[..., Room], person: Any, signed_in: Any
) -> None:
    old = room(slug="old")
    actions.archive(old)
    clerk = person("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_room"))
    desk = signed_in(clerk)
    assert desk.get(ROOMS).status_code == 200
    for action in ("archive", "unarchive"):
        desk.post(ROOMS, {"action": action, "_selected_action": [den.pk, old.pk]})
    assert list(Room.objects.exclude(archived_at=None)) == [old]


def test_a_member_who_wrote_can_be_taken_out(desk: Client, den: Room, ana: User, say: Say) -> None:
    say(den, ana, "one")
    row = den.memberships.get(user=ana)
    saved(
        desk.post(
            f"{ROOMS}{den.pk}/change/", form(den, [{"id": row.pk, "user": ana.pk, "role": "member", "DELETE": "on"}])
        )
    )
    assert Message.objects.get().author == ana and not Membership.objects.filter(user=ana).exists()


@pytest.mark.parametrize(
    "path", ["rooms/message/", "rooms/room/", "rooms/report/", "accounts/user/", "accounts/auditentry/"]
)
def test_who_looks_for_far_too_much_is_told_so(desk: Client, path: str) -> None:
    """SQLite fails at patterns of fifty thousand characters."""
    answer = desk.get(f"/admin/{path}", {"q": "x" * 50_001}, follow=True)
    assert answer.status_code == 200 and answer.redirect_chain
    assert "at most 200 characters" in answer.content.decode()
    assert desk.get(f"/admin/{path}", {"q": "x" * 200}).status_code == 200


@pytest.mark.parametrize("term", ["x" * 50_001, "a\0b"])
def test_no_name_is_completed_from_what_is_none(desk: Client, term: str) -> None:
    asked = {"app_label": "rooms", "model_name": "membership", "field_name": "user", "term": term}
    assert desk.get("/admin/autocomplete/", asked).status_code == 400
    assert desk.get("/admin/autocomplete/", asked | {"term": "ana"}).status_code == 200


@pytest.mark.parametrize("path", ["rooms/room/1/change/", "rooms/message/1/delete/", "auth/group/add/"])
def test_a_field_that_is_none_opens_nothing(desk: Client, path: str) -> None:
    """Django looks for a field called "" where a page is asked to find something by it."""
    assert desk.get(f"/admin/{path}", {"_to_field": ""}).status_code == 400
    assert desk.post(f"/admin/{path}", {"_to_field": ""}).status_code == 400
