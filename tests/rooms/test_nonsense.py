"""What makes no sense is answered as such by the pages, whichever the database: numbers that fit into no column, NUL, texts without end.

(What is said by socket and JSON: tests/protocol/test_bad_input.py. tests/many/test_postgres.py runs this on PostgreSQL, too.)
"""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from rooms.models import Room

pytestmark = pytest.mark.django_db
HUGE = [2**62, 2**63, 10**30]
TEXTS = ["\0", "a\0b", "x" * 60_000, "%", "\ud800", "٣"]
PLACES = [
    "/rooms/den/threads/{}/", "/rooms/den/messages/{}/report/", "/rooms/den/people/{}/", "/rooms/den/invitations/{}/", "/people/{}/",
    "/people/{}/moderate/", "/api/rooms/den/threads/{}/", "/api/rooms/den/messages/{}/revisions/",
]  # fmt: skip
DEEDS = [
    ("/rooms/den/threads/{}/", {"body": "hi"}), ("/rooms/den/threads/{}/follow/", {}), ("/rooms/den/threads/{}/read/", {}),
    ("/rooms/den/messages/{}/report/", {"reason": "x"}), ("/rooms/den/invitations/{}/revoke/", {}),
    *(("/rooms/den/people/{}/", {"act": act, "reason": "x", "seconds": "60"}) for act in ("kick", "mute", "unmute", "ban", "unban", "purge", "")),
    ("/people/{}/moderate/", {"act": "unmute"}),
]  # fmt: skip
QUESTIONS = [
    "/people/?q={}", "/people/?room={}", "/people/?person={}", "/new/room/?q={}", "/new/room/?name={}", "/new/message/?q={}", "/people/1/?room={}",
    "/rooms/den/settings/?q={}", "/rooms/den/?at={}", "/rooms/den/?date={}", "/saved/?before={}", "/threads/?page={}", "/api/people/?q={}",
    "/api/rooms/den/people/?q={}", "/invite/{}/", "/accounts/invite/{}/", "/accounts/login/?next={}",
]  # fmt: skip


@pytest.fixture
def web(room: Callable[..., Room], ana: User, bo: User, signed_in: Callable[[User], Client]) -> Client:
    """The browser of who moderates the den."""
    room(bo, slug="den", moderators=[ana])
    return signed_in(ana)


@pytest.mark.parametrize("place", PLACES)
def test_numbers_too_large_for_any_column_name_nothing(web: Client, place: str) -> None:
    for number in HUGE:
        assert web.get(place.format(number)).status_code in (403, 404)


@pytest.mark.parametrize(("place", "data"), DEEDS)
def test_and_nothing_is_done_to_them(web: Client, place: str, data: dict[str, str]) -> None:
    for number in HUGE:
        assert web.post(place.format(number), data).status_code in (302, 403, 404)


@pytest.mark.parametrize("question", QUESTIONS)
def test_texts_that_are_no_words_find_nothing(web: Client, question: str) -> None:
    for text in TEXTS:
        answer = web.get(question.format(quote(text.encode(errors="surrogatepass"), safe="")))
        assert answer.status_code in (200, 302, 400, 404), (text[:10], answer.status_code)


@pytest.mark.parametrize("key", [r"\000", r"abcdefgh\000abcdefgh", r"\351" * 32, "x" * 4000])
def test_a_cookie_that_is_no_key_signs_nobody_in(db: None, ana: User, key: str) -> None:
    answer = Client().get("/rooms/", HTTP_COOKIE=f'{settings.SESSION_COOKIE_NAME}="{key}"')
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("number", ["abc", "9" * 30, "1_5F", "_00"])
@pytest.mark.parametrize(
    "model", ["rooms/report", "rooms/room", "rooms/message", "accounts/user", "accounts/auditentry"]
)
def test_the_admin_has_nothing_of_that_name(
    person: Callable[..., User], signed_in: Callable[[User], Client], model: str, number: str
) -> None:
    desk = signed_in(person("root", is_staff=True, is_superuser=True))
    assert desk.get(f"/admin/{model}/{number}/change/").status_code in (302, 404)


@pytest.mark.parametrize("number", ["_00", "%00", "9" * 30])
def test_the_site_is_the_one_there_is_whatever_it_is_called(
    person: Callable[..., User], signed_in: Callable[[User], Client], number: str
) -> None:
    desk = signed_in(person("root", is_staff=True, is_superuser=True))
    assert desk.get(f"/admin/accounts/site/{number}/change/").status_code == 200
    assert desk.get(f"/admin/accounts/site/{number}/history/").status_code == 200
