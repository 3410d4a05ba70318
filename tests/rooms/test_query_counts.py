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

# Page -> the most queries it may take, two of them the session and its user.
PAGES = {
    "/": 5,
    "/rooms/": 5,
    "/rooms/den/": 10,
    "/rooms/den/?before=9": 10,
    "/rooms/den/?at=5": 10,
    "/rooms/den/people/": 6,
    "/rooms/den/people/?partial": 4,
    "/api/rooms/den/messages/": 7,
    "/api/rooms/den/messages/?around=5": 7,
    "/accounts/profile/": 3,
    "/admin/": 3,
    "/admin/rooms/room/": 5,
    "/admin/rooms/message/": 5,
    "/admin/rooms/message/?q=word": 5,
    "/admin/accounts/user/": 5,
}  # fmt: skip


@pytest.fixture
def crowd(settings: Any, person: Callable[..., User], room: Callable[..., Room]) -> Callable[[int], None]:
    """Fill the site with `n` more people, rooms and messages, everybody in every room."""
    settings.PAGE_SIZE = 40

    def fill(n: int) -> None:
        people = [person() for _ in range(n)]
        rooms = [room(*User.objects.all()) for _ in range(n)]
        den = Room.objects.get(slug="den")
        actions.admit(den, people)
        for each in [den, *rooms]:
            drafts = [actions.Draft(author, each.slug, f"word {author.pk}") for author in people]
            actions.post(drafts)
            actions.post([actions.Draft(author, each.slug, "answer", reply_to=1) for author in people])
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


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_the_same_of_a_large_site_as_of_a_small_one(
    reader: Client, crowd: Callable[[int], None], path: str
) -> None:
    crowd(3)
    queries(reader, path)  # the first visit of a session writes where one was last
    few = queries(reader, path)
    crowd(12)
    many = queries(reader, path)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= PAGES[path], "\n".join(many)


def test_what_a_socket_asks_is_the_same_too(
    den: Room, ana: User, crowd: Callable[[int], None], django_assert_num_queries: Any
) -> None:
    def cost(call: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured:
            call()
        return len(captured)

    def everything() -> dict[str, int]:
        slug = Room.objects.exclude(slug="den").first().slug  # type: ignore[union-attr]
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
    assert few["hello"] == 1 and few["sync"] <= 9
