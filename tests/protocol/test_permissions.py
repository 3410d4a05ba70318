"""docs/permissions.md is true: every cell of its tables is tried, through the socket, the JSON API, the page and the admin, wherever there is a way.

What is allowed works, and leaves its mark; what is refused answers with the code of the table, and leaves none.
"""

import re
from collections.abc import Iterator
from itertools import chain, count

import pytest

from tests.docs.blocks import ROOT
from tests.protocol.acts import ACTS, LEAVES_NO_MARK, OUTSIDE
from tests.support.people import Person, web
from tests.support.scene import Scene
from tests.support.site import Site, serving

pytestmark = pytest.mark.server

KINDS = {"Open rooms": "open", "Closed rooms": "closed", "Direct conversations": "direct", "Archived rooms": "archived"}
WHO = ["signed out", "not in it", "member", "moderator", "staff", "deactivated"]
Table = dict[str, dict[str, str]]
_numbers = count()


def tables() -> dict[str, Table]:
    """The tables of the page by their headings: what is done -> who -> `yes`, `admin`, a code, `sign in`, or `–` where there is nobody like that."""
    found: dict[str, Table] = {}
    for part in (ROOT / "docs/permissions.md").read_text().split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        rows = [
            [cell.strip(" `") for cell in row.strip("| ").split("|")]
            for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)
        ]
        if rows:
            head, _, *body = rows
            assert all(len(row) == len(head) for row in body), heading
            found[heading] = {act: dict(zip(head[1:], cells, strict=True)) for act, *cells in body}
    return found


TABLES = tables()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that limits nobody."""
    with serving(tmp_path_factory.mktemp("table"), MESSAGE_BURST=10**6, EVENT_BURST=10**6) as site:
        site.hand("lobby")
        yield site
        assert not site.server.trouble(), site.server.tail(60)


def test_the_tables_say_something_of_every_act_and_everybody() -> None:
    for heading in KINDS:
        table = TABLES[heading]
        assert table.keys() == ACTS.keys(), heading
        assert all(list(row) == WHO for row in table.values()), heading
        cells = set(chain.from_iterable(row.values() for row in table.values()))
        assert cells <= {"yes", "admin", "forbidden", "not_found", "archived", "sign in", "–"}, heading


@pytest.mark.parametrize("heading", KINDS)
def test_every_cell_is_true(site: Site, heading: str) -> None:
    kind = KINDS[heading]
    people = crowd(site)
    scenes = {act: furnished(site, kind, act, people) for act in ACTS}
    site.hand("deactivate", user=people["deactivated"].id)
    wrong: list[str] = []
    clients = {who: people[who].client() for who in ("not in it", "member", "moderator", "staff")}
    stranger = web()
    try:
        for act, row in TABLES[heading].items():
            scene, before = scenes[act], site.hand("footprint", pk=scenes[act].pk)
            for who, cell in row.items():
                if cell == "–":
                    continue
                scene.enter(who, people[who].web if who in people else stranger, clients.get(who))
                outcomes = {way: answer(scene) for way, answer in ACTS[act].items()}
                after = site.hand("footprint", pk=scene.pk)
                place = f"{heading}: {act}, {who}"
                expected = {way: expect(way, who, cell, row) for way in outcomes}
                wrong += [
                    f"{place}, {way}: {outcome}, not {expected[way]}"
                    for way, outcome in outcomes.items()
                    if outcome != expected[way]
                ]
                may = "yes" in expected.values()
                if not may and after != before:
                    wrong.append(f"{place}: refused, and changed something")
                if may and after == before and act not in LEAVES_NO_MARK and (act, who) not in LEAVES_NO_MARK:
                    wrong.append(f"{place}: allowed, and changed nothing")
                before = after
    finally:
        for client in clients.values():
            client.close()
    assert not wrong, "\n".join(wrong)


def crowd(site: Site) -> dict[str, Person]:
    """One of each."""
    people = {who: site.person(who.replace(" ", "-")) for who in WHO[1:] if who != "staff"}
    return people | {
        "staff": site.admin(),
        "newcomer": site.person("newcomer"),
        "another newcomer": site.person("newcomer"),
    }


def furnished(site: Site, kind: str, act: str, people: dict[str, Person]) -> Scene:
    """A room in which there is what the act is about."""
    there = people | {"other": site.person("other")}
    ids = {who: person.id for who, person in there.items()}
    return Scene(site, there, **site.hand("furnish", kind=kind, name=f"{kind}-{next(_numbers)}", act=act, people=ids))


def test_who_is_muted_may_what_the_table_says_and_all_else_like_any_member(site: Site) -> None:
    people, wrong = crowd(site), []
    refused = {act: row["muted"] for act, row in TABLES["Who is muted"].items()}
    assert refused.keys() <= ACTS.keys() and set(refused.values()) == {"muted"}
    scenes = {act: furnished(site, "open", act, people) for act in ACTS}
    with people["member"].client() as client, people["moderator"].client() as moderator:
        for act, scene in scenes.items():
            muted = moderator.ask("mute", {"room": scene.slug, "user": people["member"].id, "seconds": 600})
            assert muted["ok"], muted
            before, row = site.hand("footprint", pk=scene.pk), TABLES["Open rooms"][act]
            cell = refused.get(act, row["member"])
            scene.enter("member", people["member"].web, client)
            for way, answer in ACTS[act].items():
                outcome, expected = answer(scene), cell if way != "admin" else "forbidden"
                wrong += [] if outcome == expected else [f"{act}, {way}: {outcome}, not {expected}"]
            if cell != "yes" and site.hand("footprint", pk=scene.pk) != before:
                wrong.append(f"{act}: refused, and changed something")
    assert not wrong, "\n".join(wrong)


def expect(way: str, who: str, cell: str, row: dict[str, str]) -> str:
    """What a way in answers: the admin is for the staff alone, who elsewhere are people like others."""
    if who in ("signed out", "deactivated"):
        assert cell == "sign in", "who is not signed in does nothing"
        return cell
    if way == "admin":
        return "yes" if cell == "admin" else "forbidden"
    return row["not in it"] if cell == "admin" else cell


def test_every_cell_outside_of_rooms_is_true(site: Site) -> None:
    table = TABLES["Outside of rooms"]
    assert table.keys() == OUTSIDE.keys()
    people = {
        "somebody": site.person("somebody"),
        "staff": site.admin(),
        "deactivated": site.person("deactivated"),
        "other": site.person(),
    }
    site.hand("deactivate", user=people["deactivated"].id)
    scene = Scene(site, people, "lobby", "", 0, 0, {}, "", {}, [], {}, {})
    stranger, wrong = web(), []
    with people["somebody"].client() as somebody, people["staff"].client() as staff:
        clients = {"somebody": somebody, "staff": staff}
        for act, (settings, ways) in OUTSIDE.items():
            site.hand("set_up", **settings)
            for who, cell in table[act].items():
                scene.enter(who, people[who].web if who in people else stranger, clients.get(who))
                outcomes = {way: answer(scene) for way, answer in ways.items()}
                wrong += [
                    f"{act}, {who}, {way}: {outcome}, not {cell}"
                    for way, outcome in outcomes.items()
                    if outcome != cell
                ]
    site.hand("set_up", room_makers="everyone", inviters="everyone")
    assert not wrong, "\n".join(wrong)
