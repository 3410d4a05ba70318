"""What each page asks of the database: the same number of queries for few and for many rooms, members and messages, and not many of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from rooms import actions, sidebar, sync
from rooms.models import Membership, Message, Room

pytestmark = pytest.mark.django_db

# Page -> the most queries it may take, two of them the session and its user; with rooms listed one for the people of direct conversations,
# and for the staff one for the open reports.
PAGES = {
    "/": 5,
    "/rooms/": 7,
    "/rooms/den/": 12,
    "/rooms/den/?before=9": 12,
    "/rooms/den/?at=5": 12,
    "/rooms/den/settings/": 9,
    "/new/room/": 8,
    "/new/message/": 7,
    "/api/people/?q=per": 3,
    "/people/": 3,
    "/rooms/den/people/": 8,
    "/people/me/?partial": 3,
    "/rooms/den/people/?partial": 4,
    "/threads/": 13,
    "/rooms/den/pinned/": 11,
    "/saved/": 11,
    "/rooms/den/threads/1/": 21,
    "/rooms/den/threads/1/?partial": 12,
    "/api/rooms/den/people/?q=per": 6,
    "/api/rooms/den/messages/": 7,
    "/api/rooms/den/messages/?around=5": 7,
    "/api/rooms/den/messages/?since=2020-01-01T00:00:00Z": 8,
    "/api/rooms/den/threads/1/": 10,
    "/accounts/profile/": 3,
    "/accounts/settings/": 3,
    "/accounts/sessions/": 5,
    "/admin/": 5,
    "/admin/rooms/room/": 8,
    "/admin/rooms/message/": 7,
    "/admin/rooms/message/?q=word": 7,
    "/admin/accounts/user/": 7,
}  # fmt: skip
OF_STAFF = 1  # query more: whether the site asks a second factor of them


@pytest.fixture
def crowd(settings: Any, person: Callable[..., User], room: Callable[..., Room]) -> Callable[[int], None]:
    """Fill the site with `n` more people, rooms, direct conversations and messages, everybody in every room."""
    settings.PAGE_SIZE = 40

    def fill(n: int) -> None:
        people = [person() for _ in range(n)]
        me = User.objects.filter(handle="reader").first() or User.objects.get(handle="ana")
        for each in people[1:]:
            us = actions.open_direct(each, [me]).room
            actions.post_one(actions.Draft(each, us.slug, "word"))
            actions.open_direct(each, [me, people[0]])
        rooms = [room(*User.objects.all()) for _ in range(n)]
        den = Room.objects.get(slug="den")
        actions.admit(den, people)
        for each in [den, *rooms]:
            drafts = [actions.Draft(author, each.slug, f"word {author.pk}") for author in people]
            actions.post(drafts)
            actions.post([actions.Draft(author, each.slug, "answer", reply_to=1) for author in people])
            actions.post([actions.Draft(author, each.slug, "answer", thread=1) for author in people])
            for message in each.messages.filter(author__in=people[1:], thread=None):
                actions.pin(people[0], each.slug, message.seq, True)
                actions.save(me, each.slug, message.seq, True)
            actions.delete(people[0], each.slug, each.messages.filter(author=people[0]).first().seq)

    return fill


@pytest.fixture
def reader(den: Room, person: Callable[..., User], signed_in: Callable[[User], Client]) -> Client:
    """A member who may see everything, the admin's pages too."""
    user = person("reader", is_staff=True, is_superuser=True)
    actions.admit(den, [user])
    return signed_in(user)


def queries(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(path)
    assert response.status_code == (302 if path == "/" else 200), response
    return [query["sql"] for query in captured.captured_queries]


def test_a_page_asks_the_same_of_a_large_site_as_of_a_small_one(reader: Client, crowd: Callable[[int], None]) -> None:
    me = f"/people/{reader.session['_auth_user_id']}/"

    def everything() -> dict[str, list[str]]:
        return {path: queries(reader, path.replace("/people/me/", me)) for path in PAGES}

    crowd(3)
    everything()  # the first visit of a session writes where one was last
    few = everything()
    crowd(12)
    many = everything()
    for path, most in PAGES.items():
        assert len(many[path]) == len(few[path]), f"{path}: {len(few[path])}, then\n" + "\n".join(many[path])
        assert len(many[path]) <= most + OF_STAFF, f"{path}: at most {most}\n" + "\n".join(many[path])


def test_what_a_socket_asks_is_the_same_too(
    den: Room, ana: User, crowd: Callable[[int], None], django_assert_num_queries: Any
) -> None:
    def cost(call: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            call()
        return len(captured)

    def everything() -> dict[str, int]:
        slug = Room.objects.open().exclude(slug="den").first().slug  # type: ignore[union-attr]
        Membership.objects.filter(user=ana).update(last_read_seq=0)
        return {
            "hello": cost(lambda: sidebar.rooms_of(ana)),
            "sync": cost(lambda: sync.changes(ana, {"den": 0, slug: 0})),
            "message": cost(lambda: actions.post_one(actions.Draft(ana, "den", "word"))),
            "edit": cost(lambda: actions.edit(ana, "den", Message.objects.filter(author=ana).latest("seq").seq, "words")),
            "read": cost(lambda: actions.read(ana, slug, 1)),
        }  # fmt: skip

    crowd(3)
    few = everything()
    crowd(12)
    assert everything() == few
    assert few["hello"] == 2 and few["sync"] <= 9
