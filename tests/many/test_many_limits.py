"""Who is spread over two processes may do what one person may: joins, files, links and posts by requests are counted together."""

from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.people import JSON, Person
from tests.support.several import Redis, SeveralSite, serving_several

pytestmark = pytest.mark.server
FEW = {f"{kind}_{what}": value for kind in ("JOIN", "UPLOAD", "EDIT", "MESSAGE") for what, value in (("BURST", 4), ("RATE", 0.001))}  # fmt: skip


def halves(site: SeveralSite, person: Person) -> list[Person]:
    """The same person, at each of the processes."""
    urls = [f"http://127.0.0.1:{port}" for port in site.server.ports]
    return [Person(url, person.id, person.handle, person.name, person.session) for url in urls]


def done(site: SeveralSite, person: Person, do: Callable[[Person], bool]) -> int:
    """How many of a dozen doings, at the processes in turns, are let through."""
    return sum(do(half) for half in islice(cycle(halves(site, person)), 12))


def joins(slugs: list[str]) -> Callable[[Person], bool]:
    left = iter(slugs)
    return lambda who: bool("/rooms/room" in who.post(f"/rooms/{next(left)}/join/").headers["Location"])


def opens(whom: Person) -> Callable[[Person], bool]:
    def ask(who: Person) -> bool:
        with who.client() as client:
            return bool(client.ask("direct", {"people": [whom.handle]})["ok"])

    return ask


def sends_a_file(room: str) -> Callable[[Person], bool]:
    file = {"file": ("a.txt", b"a")}
    return lambda who: bool(who.post(f"/api/rooms/{room}/attachments/", files=file).json()["ok"])


def says(room: str) -> Callable[[Person], bool]:
    return lambda who: bool(who.post(f"/api/rooms/{room}/messages/", json={"body": "a"}).json()["ok"])


def links(room: str) -> Callable[[Person], bool]:
    def make(who: Person) -> bool:
        made = who.post(f"/rooms/{room}/invitations/", data={"lifetime": "3600"}, allow_redirects=True)
        return "There is a new link." in made.text

    return make


def test_what_two_processes_let_through_is_what_one_does(tmp_path: Path) -> None:
    with serving_several(tmp_path, **FEW) as site:
        ana, bo, cy = (site.person(handle) for handle in ("ana", "bo", "cy"))
        room, slugs = site.room(cy, moderators=[ana]), [site.room(cy) for _ in range(12)]
        for doing in (joins(slugs), sends_a_file(room), says(room), links(room)):
            assert done(site, ana, doing) == 4
        assert not done(site, ana, opens(bo)), "by a socket, of the same bucket as joins"
        assert done(site, bo, opens(cy)) == 4
        assert done(site, cy, says(room)) == 4, "each has their own"
        first, second = halves(site, ana)
        refusal: list[JSON] = [
            half.post(f"/api/rooms/{room}/messages/", json={"body": "a"}).json() for half in (first, second)
        ]
        assert [each["error"]["code"] for each in refusal] == ["rate_limited"] * 2
        assert all(990 < each["error"]["retry_after"] < 1001 for each in refusal), refusal
        assert not site.server.trouble()


def test_while_redis_is_away_each_counts_alone(tmp_path: Path) -> None:
    with Redis(tmp_path) as redis, serving_several(tmp_path, redis.url, **FEW) as site:
        site.server.forgive("the broker|Redis does not answer|Cannot (publish to|receive from) redis").__enter__()
        ana = site.person("ana")
        room = site.room(ana)
        redis.stop()
        assert done(site, ana, says(room)) == 8
        assert not site.server.trouble()
