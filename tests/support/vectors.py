"""The corpus of attacks (`tests/security/vectors/`), one a line, and the site that shows each in every place that people write to.

A file's first line says what is in it; ⟦000A⟧ in a vector stands for that character.
"""

import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "security/vectors"
KINDS = sorted(path.stem for path in FOLDER.glob("*.txt"))
TOGETHER = 6  # people in a direct conversation, which is called by all of their names
CHARACTER = re.compile("⟦([0-9A-F]{4,6})⟧")


def vectors(kind: str) -> list[str]:
    """The vectors of a kind."""
    lines = (FOLDER / f"{kind}.txt").read_text().split("\n")[1:]
    return [CHARACTER.sub(lambda match: chr(int(match[1], 16)), line) for line in lines if line.strip()]


def exhibit(viewer: int, listener: int) -> dict[str, Any]:
    """Show each vector to `viewer` (an id): as the name and status of somebody, the name and topic of a room that this person and the viewer are in,
    a message there with a file of that name, and the same message in one room with all of them, and in a thread. In the room
    `live` all of them are with `listener`, who is in no other, and nothing was said yet.
    The viewer has direct conversations with all of them, a few in each.

    Return what stands where, and how many times the rules for names refused one; then an ordinary name stands in its place.
    """
    from accounts.actions import set_status
    from accounts.models import User
    from rooms import actions
    from rooms.errors import ChatError
    from rooms.models import Message
    from tests.support.hand import session

    everything = [vector for kind in KINDS for vector in vectors(kind)]
    me = User.objects.get(pk=viewer)
    refused = dict.fromkeys(("name", "status", "room", "topic", "body", "file"), 0)
    people, rooms = [], []
    for number, vector in enumerate(everything):
        name = _named(vector, number, refused, "name")
        person = User.objects.create_user(f"v{number}@example.com", f"v{number}", name)
        if "\0" in vector or len(vector) > 80 or name.startswith("Refused"):
            refused["status"] += 1
        else:
            set_status(person, "", vector)
        people.append(person)
        topic = vector[:250].replace("\0", "")
        room = actions.create_room(None, _named(vector, number, refused, "room"), slug=f"v{number}", topic=topic)
        actions.admit(room, [person, me])
        rooms.append(room)
    gallery = actions.create_room(None, "Gallery", slug="gallery")
    actions.admit(gallery, [me, *people])
    actions.admit(actions.create_room(None, "Live", slug="live"), [User.objects.get(pk=listener), *people])
    bodies = [vector.replace("\0", "").strip() or "-" for vector in everything]
    drafts, answers, inside = [], [], []
    for number, (person, body) in enumerate(zip(people, bodies, strict=True)):
        drafts.append(
            actions.Draft(person, f"v{number}", body, attachments=_file(person, f"v{number}", everything[number]))
        )
        answers.append(actions.Draft(person, "gallery", body))
        inside.append(actions.Draft(person, "gallery", body, thread=1))
    for batch in (drafts, answers, inside):
        stored = actions.post(batch)
        assert not any(isinstance(each, ChatError) for each in stored), stored
    for first in range(0, len(people), TOGETHER):
        actions.open_direct(me, people[first : first + TOGETHER])
    return {
        "people": [{"id": person.pk, "session": session(person.pk)} for person in people],
        "messages": list(Message.objects.filter(room__in=rooms).order_by("pk").values_list("pk", flat=True)),
        "rooms": [room.pk for room in rooms],
        "refused": refused,
    }


def _named(vector: str, number: int, refused: dict[str, int], what: str) -> str:
    """The vector as a name, if the rules for names let it be one."""
    from django.core.exceptions import ValidationError

    from accounts.names import NAME_LENGTH, tidy

    try:
        if len(name := tidy(vector)) <= NAME_LENGTH:
            return name
    except ValidationError:
        pass
    refused[what] += 1
    return f"Refused {number}"


def _file(person: Any, room: str, name: str) -> tuple[Any, ...]:
    """A text of that name, uploaded by the person."""
    import tempfile

    from rooms import actions
    from rooms.media import Upload

    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"text")
    return (actions.upload(person, room, Upload(Path(file.name), f"{name}.txt", 4)).pk,)
