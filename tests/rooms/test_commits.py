"""All that a message may be, posted and committed for real: what a test's own transaction around it would hide, on whichever database.

tests/many/test_postgres.py runs this on PostgreSQL, too.
"""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from rooms import actions, media
from rooms.errors import ChatError
from rooms.models import Attachment, Follower, Membership, Mention, Message, Room
from tests.rooms.conftest import Recorder

pytestmark = pytest.mark.django_db(transaction=True)


def posted(*drafts: actions.Draft) -> list[actions.Posted]:
    """Stored together, in one transaction."""
    results = actions.post(drafts)
    assert not [str(each) for each in results if isinstance(each, ChatError)]
    return results  # type: ignore[return-value]


@pytest.fixture
def file(den: Room, ana: User, tmp_path: Path) -> Any:
    """Something of Ana's that waits for its message."""
    (tmp_path / "words.txt").write_bytes(b"words")
    waiting = actions.upload(ana, "den", media.Upload(tmp_path / "words.txt", "words.txt", 5))
    yield waiting
    default_storage.delete(waiting.file.name)


def test_what_is_posted_together_is_stored_together(
    heard: Recorder, den: Room, ana: User, bo: User, file: Attachment
) -> None:
    actions.update_room(den, slow_mode=1)
    [first] = posted(actions.Draft(ana, "den", "@bo, lunch?"))
    actions.update_room(den, slow_mode=0)
    drafts = [
        actions.Draft(bo, "den", "Yes, @ana", thread=1),
        actions.Draft(ana, "den", "", attachments=(file.pk,)),
        actions.Draft(bo, "den", "What is it?", reply_to=1),
        actions.Draft(ana, "den", "Lunch", thread=1),
    ]
    posted(*drafts)
    again = posted(drafts[0], actions.Draft(bo, "den", "Another"))
    assert [each.is_new for each in again] == [False, True]
    den.refresh_from_db()
    root = Message.objects.at(den, first.message.seq)
    assert (den.last_seq, den.version) == (6, 8) and root and '"count":2' in root.summary
    assert dict(Follower.objects.values_list("user__handle", "last_read_seq")) == {"ana": 5, "bo": 2}
    assert sorted(Mention.objects.values_list("user__handle", flat=True)) == ["ana", "bo"]
    assert Attachment.objects.get().message and Attachment.objects.get().message.seq == 3  # type: ignore[union-attr]
    assert dict(Membership.objects.values_list("user__handle", "last_read_seq")) == {"ana": 3, "bo": 6}
    assert [data["version"] for data in heard.of("message")] == list(range(1, 9))


def test_the_draft_that_is_refused_is_refused_alone(heard: Recorder, den: Room, ana: User, bo: User) -> None:
    posted(actions.Draft(ana, "den", "one"))
    results = actions.post([actions.Draft(bo, "den", "two", thread=1), actions.Draft(bo, "den", "three", reply_to=9)])
    assert [isinstance(each, ChatError) for each in results] == [False, True]
    assert Message.objects.count() == 2
