"""Direct conversations: one room a set of people, what it is called for each of them, and what cannot be done with it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.actions import introduce
from accounts.models import User
from rooms import actions, payloads, sidebar, sync
from rooms.errors import ChatError, Forbidden, Invalid, NotFound
from rooms.models import Membership, Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
Say = Callable[..., list[Message]]


@pytest.fixture
def eve(person: Callable[..., User]) -> User:
    """Somebody else."""
    return person("eve")


@pytest.fixture
def us(ana: User, bo: User) -> Room:
    """The conversation of Ana and Bo."""
    return actions.open_direct(ana, [bo]).room


def seen(user: User) -> list[tuple[str, int, int]]:
    """Name, unread and mentions of each room in somebody's list."""
    return [(room["name"], room["unread"], room["mentions"]) for room in sidebar.rooms_of(user)]


def test_a_set_of_people_has_one_room_whoever_opens_it(heard: Recorder, ana: User, bo: User, eve: User) -> None:
    first = actions.open_direct(ana, [bo]).room
    assert (first.kind, first.created_by) == ("direct", ana)
    assert set(first.memberships.values_list("user__handle", "role")) == {("ana", "member"), ("bo", "member")}
    assert {("grant", ana.pk, first.slug), ("grant", bo.pk, first.slug)} == set(heard.moved)
    told = {to: data for to, data in heard.said if data["type"] == "room"}
    assert told[f"user:{bo.pk}"]["name"] == "Ana" and told[f"user:{ana.pk}"]["name"] == "Bo"
    heard.clear()
    assert actions.open_direct(bo, [ana]).room == first == actions.open_direct(ana, [bo, ana, bo]).room
    assert heard.said == heard.moved == []
    three = actions.open_direct(bo, [eve, ana]).room
    assert three != first and three == actions.open_direct(eve, [ana, bo]).room
    assert Room.objects.count() == 2


def test_it_is_found_by_one_look_up_in_an_index(us: Room, ana: User, bo: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert Room.objects.between([bo.pk, ana.pk]) == us
    assert "direct_key" in Room.objects.filter(direct_key="1-2").explain()


def test_a_set_of_people_has_one_key() -> None:
    assert Room.key_of([300, 9, 2, 9]) == Room.key_of((2, 300, 9)) == "2-9-300"
    assert len(Room.key_of(range(2**63 - 8, 2**63))) <= Room._meta.get_field("direct_key").max_length


def test_each_sees_the_others_by_name(us: Room, ana: User, bo: User, person: Any) -> None:
    zed, amy = person("zed", name="Ümit"), person("amy", name="amy")
    actions.open_direct(bo, [ana, zed, amy])
    assert [name for name, *_ in seen(ana)] == ["amy, Bo, Ümit", "Bo"]
    assert [name for name, *_ in seen(zed)] == ["amy, Ana, Bo"]
    [shown] = [room for room in sidebar.rooms_of(zed) if room["kind"] == "direct"]
    assert shown["people"] == [payloads.user(amy), payloads.user(ana), payloads.user(bo)]
    assert sync.changes(ana, {us.slug: 0})[us.slug]["room"]["name"] == "Bo"


def test_every_message_in_it_calls_the_others(us: Room, ana: User, bo: User, say: Say) -> None:
    say(us, ana, "one", "two", "three")
    actions.delete(ana, us.slug, 2)
    say(us, ana, "under one", thread=1)
    assert seen(bo) == [("Ana", 2, 2)] and seen(ana) == [("Bo", 0, 0)]
    counted = Membership.objects.of(bo).with_unread().get()
    assert (counted.unread, counted.mentions) == (2, 2)
    assert actions.read(bo, us.slug, 1) == {"last_read_seq": 1, "unread": 1, "mentions": 1}
    assert counted.involvement == "everything"


@pytest.mark.parametrize(
    ("people", "refusal"),
    [
        ([], Invalid), (["ana"], Invalid), ([f"p{n}" for n in range(8)], Invalid), (["bo", 10**9], NotFound),
        (["nobody"], NotFound), (["gone"], NotFound), (["bo", "gone"], NotFound),
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_refused(
    ana: User, bo: User, person: Any, people: list[int | str], refusal: type[ChatError]
) -> None:
    person("gone", is_active=False)
    for n in range(8):
        person(f"p{n}")
    with pytest.raises(refusal) as refused:
        actions.open_direct(ana, actions.named(people))
    assert refused.value.extra["field"] == "people"
    assert not Room.objects.exists()
    most = actions.open_direct(ana, actions.named([f"P{n}" for n in range(7)]))
    assert len(payloads.room_of(most)["people"]) == 7


def test_who_is_no_longer_here_opens_none(ana: User, bo: User) -> None:
    ana.is_active = False
    with pytest.raises(Forbidden):
        actions.open_direct(ana, [bo])


def test_a_conversation_with_who_is_gone_is_still_there(us: Room, ana: User, bo: User) -> None:
    User.objects.filter(pk=bo.pk).update(is_active=False)
    assert actions.open_direct(ana, actions.named(["bo"])).room == us
    assert seen(ana) == [("Bo", 0, 0)]


def test_nobody_comes_goes_or_moderates(us: Room, ana: User, bo: User, eve: User) -> None:
    for act in (
        lambda: actions.leave(ana, us.slug),
        lambda: actions.add_members(ana, us.slug, [eve]),
        lambda: actions.remove_member(ana, us.slug, bo.pk),
        lambda: actions.set_role(ana, us.slug, bo.pk, "moderator"),
        lambda: actions.arrange(ana, us.slug, name="Ours"),
        lambda: actions.set_archived(ana, us.slug, True),
        lambda: actions.invite(ana, us.slug),
    ):
        with pytest.raises(Forbidden):
            act()
    for act in (
        lambda: actions.join(eve, us.slug),
        lambda: actions.leave(eve, us.slug),
        lambda: actions.read(eve, us.slug, 1),
        lambda: actions.post_one(actions.Draft(eve, us.slug, "hi")),
    ):
        with pytest.raises(NotFound):
            act()
    assert us.memberships.count() == 2


def test_the_page_leads_to_the_conversation(
    ana: User, bo: User, eve: User, signed_in: Callable[[User], Client]
) -> None:
    web = signed_in(ana)
    page = web.get(f"/new/message/?q=bo&person={eve.pk}").content.decode()
    assert f'value="{eve.pk}" checked' in page and f'value="{bo.pk}"' in page
    answer = web.post("/new/message/", {"person": [bo.pk, eve.pk]})
    room = Room.objects.between([ana.pk, bo.pk, eve.pk])
    assert room and answer["Location"] == room.get_absolute_url()
    shown = web.get(answer["Location"]).content.decode()
    assert "This is where your conversation with Bo, Eve begins" in shown
    assert f"/rooms/{room.slug}/settings/" not in shown and f"/rooms/{room.slug}/leave/" not in shown
    assert web.get(f"/rooms/{room.slug}/settings/")["Location"] == room.get_absolute_url()
    for wrong in ([], [ana.pk], ["x"], ["9" * 18], [bo.pk, 999_999]):
        refused = web.post("/new/message/", {"person": wrong})
        assert refused.status_code == 200 and "notice-error" in refused.content.decode()
    assert Room.objects.count() == 1


def test_a_card_has_a_button_for_others_who_are_here(ana: User, bo: User, signed_in: Callable[[User], Client]) -> None:
    web = signed_in(ana)
    form = 'action="/new/message/"'
    assert form in web.get(f"/people/{bo.pk}/?partial").content.decode()
    assert form not in web.get(f"/people/{ana.pk}/?partial").content.decode()
    User.objects.filter(pk=bo.pk).update(is_active=False)
    assert form not in web.get(f"/people/{bo.pk}/?partial").content.decode()


def test_the_list_has_it_once_something_was_said(
    us: Room, ana: User, bo: User, say: Say, signed_in: Callable[[User], Client]
) -> None:
    item = f'data-room="{us.slug}"'
    listed = lambda user, page: item in signed_in(user).get(page).content.decode().partition("<main")[0]  # noqa: E731
    assert not listed(bo, "/rooms/") and not listed(ana, "/rooms/")
    assert listed(ana, f"/rooms/{us.slug}/")
    say(us, ana, "hello")
    assert listed(bo, "/rooms/") and listed(ana, "/rooms/")


def test_the_api_opens_it_and_finds_people(ana: User, bo: User, eve: User, signed_in: Callable[[User], Client]) -> None:
    web = signed_in(ana)

    def post(data: Any) -> Any:
        return web.post("/api/direct/", data, content_type="application/json").json()

    answer = post({"people": ["bo", eve.pk]})
    assert answer["ok"] and [each["handle"] for each in answer["room"]["people"]] == ["bo", "eve"]
    assert post({"people": [eve.pk, bo.pk]})["room"]["slug"] == answer["room"]["slug"]
    for wrong in ({}, {"people": "bo"}, {"people": [True]}, {"people": [0]}, {"people": [1.5]}, {"people": ["a\0"]},
                  {"people": [None]}, {"people": ["x"] * 101}, {"people": ["bo"], "more": 1}, {"people": []}):  # fmt: skip
        assert post(wrong)["error"]["code"] == "invalid", wrong
    assert [each["handle"] for each in web.get("/api/people/?q=e").json()["people"]] == ["eve"]
    assert web.get("/api/people/?q=ana").json()["people"] == []
    assert web.get("/api/people/?q=%00").json() == {
        "ok": True,
        "people": [payloads.user(bo), payloads.user(eve)],
        "more": False,
    }
    assert Client().get("/api/people/?q=e").status_code == 403


def test_the_admin_shows_it_with_its_people_and_archives_it(
    heard: Recorder, us: Room, ana: User, bo: User, eve: User, den: Room, person: Any, signed_in: Any
) -> None:
    desk = signed_in(person("root", is_staff=True, is_superuser=True))
    page = f"/admin/rooms/room/{us.pk}/change/"
    assert "Ana, Bo" in desk.get("/admin/rooms/room/?kind__exact=direct").content.decode()
    assert 'value="direct"' not in desk.get(f"/admin/rooms/room/{den.pk}/change/").content.decode()
    shown = desk.get(page).content.decode()
    assert "Ana, Bo" in shown and 'name="name"' not in shown and 'name="memberships-0-role"' not in shown
    actions.post_one(actions.Draft(ana, us.slug, "psst"))
    assert f">{us}</a>" not in desk.get("/admin/rooms/message/").content.decode().partition("changelist-filter")[2]
    heard.clear()
    stranger = {"memberships-0-user": eve.pk, "memberships-0-role": "moderator", "memberships-0-room": us.pk}
    counts = {"memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0}
    form = {"archived": "on", "kind": "open", "name": "Ours", "slug": "ours", **counts, **stranger}
    assert desk.post(page, form).status_code == 302
    us.refresh_from_db()
    assert (us.kind, us.name, us.is_archived, us.memberships.count()) == ("direct", "", True, 2)
    [data] = heard.of("room")
    assert data["archived"] and "name" not in data
    made = desk.post("/admin/rooms/room/add/", {"name": "Us", "kind": "direct", **counts})
    assert made.status_code == 200 and made.context["adminform"].form.errors["kind"]


def test_who_is_called_otherwise_is_so_in_the_lists_of_the_others(
    heard: Recorder, us: Room, ana: User, bo: User, eve: User, den: Room
) -> None:
    all_ = actions.open_direct(eve, [ana, bo]).room
    heard.clear()
    introduce(bo, "Zoë", "zoe")
    told = {(to, data["room"], data["name"]) for to, data in heard.said if data["type"] == "room"}
    assert told == {
        (f"user:{ana.pk}", us.slug, "Zoë"), (f"user:{ana.pk}", all_.slug, "Eve, Zoë"), (f"user:{eve.pk}", all_.slug, "Ana, Zoë"),
    }  # fmt: skip
    assert all(data.keys() == {"type", "room", "name", "people"} for data in heard.of("room"))
