"""Mutes, bans, slow mode and the deletion of a day: what they keep somebody from, when they end, who may do it to whom, and what is told."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import AuditEntry, User
from rooms import actions, payloads
from rooms.errors import Banned, ChatError, Forbidden, Invalid, Muted, NotFound, RateLimited, TooSoon
from rooms.models import Membership, Message, Report, Room, Sanction
from rooms.models.report import DAY
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
Say = Callable[..., list[Message]]


@pytest.fixture
def eve(person: Callable[..., User]) -> User:
    """Moderates the den."""
    return person("eve")


@pytest.fixture
def lair(room: Callable[..., Room], ana: User, bo: User, eve: User) -> Room:
    """A room with Ana and Bo, which Eve moderates."""
    return room(ana, bo, slug="lair", moderators=[eve])


@pytest.fixture
def root(person: Callable[..., User]) -> User:
    """An administrator, in no room."""
    return person("root", is_staff=True, is_superuser=True)


def post(user: User, slug: str = "lair", body: str = "hi") -> Message:
    return actions.post_one(actions.Draft(user, slug, body)).message


def past(**fields: Any) -> None:
    """Let all sanctions have ended a moment ago."""
    before = timezone.now() - timedelta(seconds=1)
    Sanction.objects.update(until=before)
    Membership.objects.exclude(muted_until=None).update(muted_until=before)
    User.objects.exclude(banned_until=None).update(banned_until=before)


def acts() -> list[tuple[str, str, str]]:
    return [(entry.act, entry.by_name.partition(" ")[0], entry.reason) for entry in AuditEntry.objects.order_by("pk")]


def test_who_is_muted_reads_takes_back_and_says_edits_and_reacts_nothing_until_it_ends(
    heard: Recorder, lair: Room, ana: User, eve: User
) -> None:
    said = post(ana)
    heard.clear()
    made = actions.mute(eve, "lair", ana.pk, HOUR, "shouting")
    muted = {"until": payloads.timestamp(made.until), "reason": "shouting"}
    assert [(to, data["muted"]) for to, data in heard.said] == [(f"user:{ana.pk}", muted)]
    for attempt in (
        lambda: post(ana),
        lambda: actions.edit(ana, "lair", said.seq, "another"),
        lambda: actions.react(ana, "lair", said.seq, "👍", True),
        lambda: actions.pin(ana, "lair", said.seq, True),
    ):
        with pytest.raises(Muted) as refused:
            attempt()
        assert refused.value.payload()["until"] == muted["until"] and "shouting" in refused.value.sentence
    assert actions.read(ana, "lair", said.seq)["unread"] == 0
    assert actions.delete(ana, "lair", said.seq).is_deleted
    actions.leave(ana, "lair")
    actions.join(ana, "lair")
    with pytest.raises(Muted):
        post(ana)
    past()
    assert post(ana).seq == 2
    assert acts()[-1] == ("member_muted", "Eve", "shouting")


def test_a_mute_is_lifted_and_who_is_muted_everywhere_stays_so(
    heard: Recorder, lair: Room, den: Room, ana: User, eve: User, root: User, person: Any
) -> None:
    us = actions.open_direct(ana, [person("cy")]).room
    actions.mute_as_staff(root, ana, None, HOUR, "spam")
    actions.mute(eve, "lair", ana.pk, 2 * HOUR)
    heard.clear()
    actions.lift("mute", eve, "lair", ana.pk)
    actions.lift("mute", eve, "lair", ana.pk)
    assert [data["muted"]["reason"] for data in heard.of("room")] == ["spam"]
    for slug in ("lair", "den", us.slug):
        with pytest.raises(Muted):
            post(ana, slug)
    heard.clear()
    actions.lift_as_staff("mute", root, ana, None)
    assert [data["muted"] for data in heard.of("room")] == [None] * 3
    post(ana)
    assert [act for act, _, _ in acts()[-4:]] == ["person_muted", "member_muted", "member_unmuted", "person_unmuted"]


def test_who_is_banned_is_out_and_comes_in_by_no_way_while_it_holds(
    heard: Recorder, lair: Room, ana: User, bo: User, eve: User, root: User
) -> None:
    link = actions.invite(eve, "lair")
    heard.clear()
    actions.ban(eve, "lair", ana.pk, HOUR, "rude")
    assert heard.moved == [("revoke", ana.pk, "lair")]
    gone = {"type": "room", "room": "lair", "gone": True, "reason": "banned", "why": "rude"}
    assert (f"user:{ana.pk}", gone) in heard.said
    with pytest.raises(NotFound):
        post(ana)
    for attempt in (lambda: actions.join(ana, "lair"), lambda: actions.accept(ana, link.token)):
        with pytest.raises(Banned) as refused:
            attempt()
        assert refused.value.payload()["until"] and "rude" in refused.value.sentence
    with pytest.raises(Forbidden, match="Ana"):
        actions.add_members(bo, "lair", [ana])
    actions.admit(lair, [ana])
    assert not lair.memberships.filter(user=ana).exists()
    assert acts()[-1] == ("member_banned", "Eve", "rude")
    past()
    actions.join(ana, "lair")


def test_a_ban_without_an_end_is_lifted(lair: Room, ana: User, eve: User) -> None:
    actions.ban(eve, "lair", ana.pk, None, "rude")
    with pytest.raises(Banned) as refused:
        actions.join(ana, "lair")
    assert refused.value.payload()["until"] is None
    actions.lift("ban", eve, "lair", ana.pk)
    actions.join(ana, "lair")


def test_a_ban_from_the_site_ends_all_sessions_and_all_that_was_under_way(
    heard: Recorder, lair: Room, ana: User, root: User
) -> None:
    before = ana.get_session_auth_hash()
    actions.ban_as_staff(root, ana, None, HOUR, "spam")
    ana.refresh_from_db()
    assert heard.moved[-1] == ("expel", f"user:{ana.pk}") and ana.get_session_auth_hash() != before
    with pytest.raises(NotFound):
        post(ana)
    with pytest.raises(NotFound):
        actions.open_direct(root, [ana])
    assert ana not in User.objects.active() and not ana.may_come_in
    past()
    assert post(ana).seq == 1 and ana in User.objects.active()
    actions.ban_as_staff(root, ana, None, None, "again")
    actions.lift_as_staff("ban", root, ana, None)
    assert post(ana).seq == 2
    assert [act for act, _, _ in acts()] == ["person_banned", "person_banned", "person_unbanned"]


@pytest.mark.parametrize(
    "act",
    [
        lambda by, slug, whom: actions.remove_member(by, slug, whom),
        lambda by, slug, whom: actions.mute(by, slug, whom, HOUR),
        lambda by, slug, whom: actions.ban(by, slug, whom, HOUR, "x"),
        lambda by, slug, whom: actions.purge(by, slug, whom),
        lambda by, slug, whom: actions.lift("ban", by, slug, whom),
    ],
)
def test_nobody_acts_on_themselves_the_staff_a_moderator_or_nobody(
    act: Any, lair: Room, ana: User, bo: User, eve: User, root: User, person: Any, room: Any
) -> None:
    other = person("other")
    actions.admit(lair, [root])
    actions.admit(lair, [other], "moderator")
    old = room(bo, slug="old", moderators=[eve])
    actions.archive(old)
    us = actions.open_direct(ana, [bo]).room
    before = AuditEntry.objects.count()
    for by, slug, whom, refusal in (
        (eve, "lair", eve, Invalid), (eve, "lair", root, Forbidden), (eve, "lair", other, Forbidden), (ana, "lair", bo, Forbidden),
        (eve, us.slug, ana, NotFound), (ana, us.slug, bo, Forbidden), (person("far"), "lair", bo, NotFound), (eve, "none", bo, NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            act(by, slug, whom.pk)
    with pytest.raises(NotFound):
        act(eve, "lair", 10**12)
    assert AuditEntry.objects.count() == before and not Sanction.objects.exists()


def test_the_staff_act_on_all_but_themselves_administrators_and_for_clerks_the_staff(
    lair: Room, ana: User, root: User, person: Any
) -> None:
    clerk, helper = person("clerk", is_staff=True), person("helper", is_staff=True)
    other = person("other-root", is_staff=True, is_superuser=True)
    for by, whom in ((clerk, ana), (root, root), (root, other), (ana, root)):
        for act in (actions.mute_as_staff, actions.ban_as_staff):
            with pytest.raises((Forbidden, Invalid)):
                act(by, whom, None, HOUR, "x")
        with pytest.raises((Forbidden, Invalid)):
            actions.purge_as_staff(by, whom)
    actions.ban_as_staff(root, helper, "lair", None, "x")
    with pytest.raises(NotFound):
        actions.mute_as_staff(root, ana, "nowhere", HOUR)


@pytest.mark.parametrize("seconds", [-1, 0, 59, 365 * 86_400 + 1, 10**9])
def test_an_end_in_the_past_or_out_of_sight_is_refused(lair: Room, ana: User, eve: User, seconds: int) -> None:
    for act in (actions.mute, actions.ban):
        with pytest.raises(Invalid):
            act(eve, "lair", ana.pk, timedelta(seconds=seconds), "x")


def test_of_many_at_once_one_mute_stands_and_each_is_told(heard: Recorder, lair: Room, ana: User, eve: User) -> None:
    def mute(hours: int) -> None:
        try:
            actions.mute(eve, "lair", ana.pk, hours * HOUR)
        finally:
            connection.close()

    threads = [threading.Thread(target=mute, args=(n + 1,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Sanction.objects.get().until == lair.memberships.get(user=ana).muted_until
    assert [act for act, _, _ in acts()] == ["member_muted"] * 4


def test_in_slow_mode_members_wait_moderators_do_not_and_other_rooms_go_on(
    lair: Room, den: Room, ana: User, bo: User, eve: User, django_assert_num_queries: Any
) -> None:
    post(ana, "den")
    with django_assert_num_queries(8) as quick:
        post(bo, "den")
    actions.arrange(eve, "lair", slow_mode=30)
    draft = actions.Draft(ana, "lair", "one")
    assert actions.post_one(draft).is_new
    with pytest.raises(TooSoon) as refused:
        post(ana)
    assert 29 < refused.value.payload()["retry_after"] <= 30
    assert not actions.post_one(draft).is_new, "a retry is answered as ever"
    post(bo)
    for _ in range(2):
        post(eve)
        post(ana, "den")
    one, two = actions.post([actions.Draft(bo, "den", "x"), actions.Draft(bo, "lair", "y")])
    assert isinstance(one, actions.Posted) and isinstance(two, TooSoon)
    actions.leave(ana, "lair")
    actions.join(ana, "lair")
    with pytest.raises(TooSoon):
        post(ana)
    Membership.objects.update(spoke_at=timezone.now() - timedelta(seconds=31))
    post(ana)
    one, two = actions.post([actions.Draft(bo, "lair", "x"), actions.Draft(bo, "lair", "y")])
    assert isinstance(one, actions.Posted) and isinstance(two, TooSoon)
    assert len(quick) == 8


def test_what_somebody_said_within_a_day_goes_in_batches_and_the_rest_stays(
    heard: Recorder, lair: Room, ana: User, bo: User, eve: User, say: Say
) -> None:
    say(lair, ana, *[f"spam {n}" for n in range(25)])
    Message.objects.filter(seq__lte=2).update(created_at=timezone.now() - DAY - HOUR)
    post(bo)
    actions.post_one(actions.Draft(ana, "lair", "an answer", thread=26))
    heard.clear()
    version = Room.objects.get(slug="lair").version
    assert actions.purge(eve, "lair", ana.pk, "spam") == (24, False)
    assert set(Message.objects.filter(deleted_at=None).values_list("seq", flat=True)) == {1, 2, 26}
    versions = [data["version"] for data in heard.of("message")]
    assert versions == list(range(version + 1, version + 26)), "each change its version, the root of the answer too"
    told = AuditEntry.objects.filter(act="messages_purged").order_by("pk")
    assert [len(entry.details["seqs"]) for entry in told] == [20, 4]
    assert actions.purge(eve, "lair", ana.pk) == (0, False)


def test_the_staff_delete_a_day_everywhere(
    lair: Room, den: Room, ana: User, bo: User, root: User, monkeypatch: Any
) -> None:
    for slug in ("lair", "den", actions.open_direct(ana, [bo]).room.slug):
        post(ana, slug)
        post(bo, slug)
    monkeypatch.setattr("rooms.actions.purging.MOST", 2)
    assert actions.purge_as_staff(root, ana) == (2, True)
    assert actions.purge_as_staff(root, ana) == (1, False)
    assert {message.author for message in Message.objects.filter(deleted_at=None)} == {bo}


def test_a_message_is_reported_once_a_person_and_the_staff_hear_how_many_are_open(
    heard: Recorder, lair: Room, ana: User, bo: User, root: User, person: Any
) -> None:
    said = post(ana, body="nasty")
    heard.clear()
    for _ in range(2):
        actions.report(bo, "lair", said.seq, "it is rude")
    assert [(to, data["open"]) for to, data in heard.said] == [(f"user:{root.pk}", 1)]
    for user, seq, refusal in ((ana, said.seq, Invalid), (bo, 99, NotFound), (person("far"), said.seq, NotFound)):
        with pytest.raises(refusal):
            actions.report(user, "lair", seq, "x")
    actions.delete(ana, "lair", said.seq)
    report = Report.objects.get()
    assert (report.said, report.reporter, report.reason) == ("nasty", bo, "it is rude")
    assert actions.settle(root, said, "dismissed") == 1 and actions.settle(root, said, "dismissed") == 0
    report.refresh_from_db()
    assert (report.said, report.outcome, report.settled_by) == ("", "dismissed", root)
    assert heard.of("reports")[-1]["open"] == 0 and acts()[-1][0] == "report_dismissed"


def test_nobody_reports_without_end(lair: Room, ana: User, bo: User, say: Say) -> None:
    for message in say(lair, ana, *"abcdefghijklmnopqrstu")[:-1]:
        actions.report(bo, "lair", message.seq, "x")
    with pytest.raises(RateLimited):
        actions.report(bo, "lair", 21, "x")
    Report.objects.update(made_at=timezone.now() - DAY)
    actions.report(bo, "lair", 21, "x")


def test_an_archived_room_is_reported_and_cleared_of_people_and_not_of_words(
    lair: Room, ana: User, bo: User, eve: User
) -> None:
    post(ana)
    actions.archive(lair)
    actions.report(bo, "lair", 1, "x")
    with pytest.raises(ChatError, match="archived"):
        actions.purge(eve, "lair", ana.pk)
    with pytest.raises(ChatError, match="archived"):
        actions.arrange(eve, "lair", slow_mode=5)
    actions.ban(eve, "lair", ana.pk, None, "x")
    accounts.deactivate([bo])
    actions.ban(eve, "lair", bo.pk, None, "x")
    assert lair.memberships.count() == 1


def test_a_moderator_lifts_the_mute_of_who_moderates_by_now_and_never_their_own(
    lair: Room, ana: User, eve: User, root: User
) -> None:
    """To lift it is nothing against them. Who is staff by now is the staff's affair."""
    actions.mute(eve, "lair", ana.pk, HOUR)
    actions.set_role(eve, "lair", ana.pk, "moderator")
    with pytest.raises(Invalid):
        actions.lift("mute", ana, "lair", ana.pk)
    with pytest.raises(Muted):
        post(ana)
    actions.lift("mute", eve, "lair", ana.pk)
    post(ana)
    assert acts()[-1][0] == "member_unmuted"
    with pytest.raises(Forbidden):
        actions.mute(eve, "lair", ana.pk, HOUR)


@pytest.mark.parametrize("act", ["kick", "mute", "ban", "purge", "report", "mute on the site", "ban on the site"])
def test_a_plain_form_that_is_refused_keeps_what_was_typed(
    lair: Room, bo: User, eve: User, root: User, signed_in: Callable[[User], Client], act: str
) -> None:
    said, reason = post(bo), "x" * 251
    by = root if "site" in act else eve
    page = f"/rooms/lair/people/{bo.pk}/" if by == eve else f"/people/{bo.pk}/moderate/"
    if act == "report":
        page = f"/rooms/lair/messages/{said.seq}/report/"
    typed = {"act": act.partition(" ")[0], "reason": reason, "seconds": "86400"}
    answer = signed_in(by).post(page, typed, follow=True).content.decode()
    assert answer.count(f'value="{reason}"') == 1
    assert 'role="alert"' in answer
    if "seconds" in answer:
        assert answer.count('<option value="86400" selected>') == (act.partition(" ")[0] in ("mute", "ban"))
    assert not Sanction.objects.exists() and not Report.objects.exists()
