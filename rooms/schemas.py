"""What may come in, by socket or API: one schema each, strict, and a refusal that names the field and the bound."""

import unicodedata
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from emoji import demojize, emojize, is_emoji
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from accounts.models.audit import REASON_LENGTH
from accounts.names import BLANKS
from rooms.errors import Invalid, TooLong, phrase
from rooms.models.room import SLOWEST

MAX_SEQ = 2**53 - 1  # the largest integer that JavaScript counts exactly
MAX_ROOMS = 100  # rooms in one `sync`
MAX_PEOPLE = 100  # named in one `direct`, before it is looked at who they are


class TextTooLong(ValueError):
    """A body over its bound; told apart from other refusals by its own code."""


def clean_body(body: str) -> str:
    """Return `body` without blanks around it.

    Raises ValueError for nothing but blanks, and as `clean_text` does.
    """
    text = clean_text(body)
    if not text:
        raise ValueError(_("is empty"))
    return text


def clean_text(body: str) -> str:
    """The same, where files may say it all: blanks alone, or what else cannot be seen, are "".

    Raises ValueError for NUL or lone surrogates; TextTooLong over `settings.MAX_BODY` characters.
    """
    without_nul(body)
    try:
        body.encode()
    except UnicodeEncodeError:
        raise ValueError("has a lone surrogate") from None
    # Blanks before the first word may be code; blank lines before it are nothing.
    text = body.rstrip().lstrip("\n\r")
    if not "0" <= text[:1] <= "z" and not any(map(_is_seen, text)):
        return ""
    if len(text) > settings.MAX_BODY:
        raise TextTooLong(
            phrase(_("%(length)s characters, at most %(most)s"), length=len(text), most=settings.MAX_BODY)
        )
    return text


def _is_seen(character: str) -> bool:
    """Whether it is neither a blank nor a control or formatting character nor a letter that shows nothing."""
    category = unicodedata.category(character)
    return category[0] != "Z" and category not in ("Cc", "Cf") and character not in BLANKS


def without_nul(text: str) -> str:
    """Return `text`. Raises ValueError if it has a NUL character, which PostgreSQL refuses with an error."""
    if "\0" in text:
        raise ValueError("has a NUL character")
    return text


def one_emoji(text: str) -> str:
    """Return `text` as Unicode would have it sent (❤ is ❤️). Raises ValueError unless it is one emoji of its list (a sequence counts as one)."""
    sign = text if text.isascii() or ":" in text else emojize(demojize(text))
    if not is_emoji(sign):
        raise ValueError(_("is not an emoji"))
    return sign


def clean_said(body: str, info: ValidationInfo) -> str:
    """As `clean_text` where files are sent along, which stand before the body in its schema; else as `clean_body`."""
    return clean_text(body) if info.data.get("attachments") else clean_body(body)


def few_and_different(ids: list[UUID]) -> list[UUID]:
    """Return `ids`. Raises ValueError if one is there twice; TextTooLong for more than `settings.MAX_FILES`."""
    if len(ids) > settings.MAX_FILES:
        raise TextTooLong(phrase(_("%(count)s files, at most %(most)s"), count=len(ids), most=settings.MAX_FILES))
    if len(set(ids)) < len(ids):
        raise ValueError("names a file twice")
    return ids


Slug = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(without_nul)]
Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
Text = Annotated[str, AfterValidator(clean_text)]
ClientId = Annotated[UUID, Field(strict=False)]  # from a string: pydantic's own way takes half of ours


class Payload(BaseModel):
    """The base of all: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PostMessage(Payload):
    """`message`: something to say in a room."""

    room: Slug
    attachments: Annotated[list[ClientId], AfterValidator(few_and_different)] = Field(default_factory=list)
    body: Annotated[str, AfterValidator(clean_said)]
    client_id: ClientId = Field(default_factory=uuid4)
    reply_to: Annotated[int, Field(ge=1, le=MAX_SEQ)] | None = None
    thread: Annotated[int, Field(ge=1, le=MAX_SEQ)] | None = None


class Once(Payload):
    """What sets something to a state: by a name of its own it is done once, and a late retry undoes nothing that came since."""

    client_id: ClientId | None = None


class EditMessage(Once):
    """`edit`: new words for a message of one's own."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    body: Text


class Preview(Payload):
    """How would this look, in this room?"""

    room: Slug | None = None
    body: Annotated[str, AfterValidator(clean_body)]


class React(Once):
    """`react`: an emoji on a message, or off it."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    emoji: Annotated[str, Field(max_length=64), AfterValidator(one_emoji)]
    on: bool = True


class Pin(Once):
    """`pin`: a message is to be found by everybody in the room, or no longer."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    on: bool = True


class Save(Once):
    """`save`: a message for oneself to find again, or no longer."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    on: bool = True


class DeleteMessage(Payload):
    """`delete`: take a message back."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    reason: Annotated[str, Field(max_length=250), AfterValidator(without_nul)] = ""


class Sync(Payload):
    """`sync`: the version of each room that the client has."""

    rooms: Annotated[dict[Slug, Seq], Field(max_length=MAX_ROOMS)]


class Direct(Payload):
    """`direct`: open the conversation with these people, by id or handle."""

    people: Annotated[
        list[
            Annotated[int, Field(ge=1, le=MAX_SEQ)] | Annotated[str, Field(max_length=64), AfterValidator(without_nul)]
        ],
        Field(max_length=MAX_PEOPLE),
    ]


class Involve(Once):
    """`involve`: what somebody wants to be told of in a room."""

    room: Slug
    involvement: Literal["everything", "mentions", "nothing"]


class Typing(Payload):
    """`typing`: somebody is writing in a room."""

    room: Slug


class Watch(Payload):
    """`watch`: somebody looks at the live page."""


class Front(Payload):
    """`front`: a room is in front of somebody, who does not read what comes in there."""

    room: Slug


class Read(Payload):
    """`read`: somebody has read a room up to `seq`."""

    room: Slug
    seq: Seq


class Unread(Once):
    """`unread`: somebody wants to come back to a message and what stands below it."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]


class Follow(Once):
    """`follow`: somebody wants to be told of a thread, or no longer."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    on: bool = True


class ThreadRead(Payload):
    """`thread_read`: somebody has read the thread under `seq` up to an answer."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    upto: Seq


def clean_reason(reason: str) -> str:
    """Return `reason` on one line, "" for blanks alone. Raises ValueError as `without_nul` does."""
    return " ".join(without_nul(reason).split())


def some_reason(reason: str) -> str:
    """The same, where one has to be given."""
    if not (text := clean_reason(reason)):
        raise ValueError(_("is empty"))
    return text


Reason = Annotated[str, Field(max_length=REASON_LENGTH), AfterValidator(clean_reason)]
SomeReason = Annotated[str, Field(max_length=REASON_LENGTH), AfterValidator(some_reason)]
UserId = Annotated[int, Field(ge=1, le=MAX_SEQ)]
Seconds = Annotated[int, Field(ge=60, le=31_536_000)]


class Kick(Payload):
    """`kick`: take somebody out of a room."""

    room: Slug
    user: UserId
    reason: Reason = ""


class Mute(Payload):
    """`mute`: somebody reads, and says nothing for a while."""

    room: Slug
    user: UserId
    seconds: Seconds
    reason: Reason = ""


class Ban(Payload):
    """`ban`: somebody is kept out of a room, for a while or without an end."""

    room: Slug
    user: UserId
    seconds: Seconds | None = None
    reason: SomeReason


class Lift(Payload):
    """`unmute`, `unban`: a mute or a ban is taken back."""

    room: Slug
    user: UserId


class Purge(Payload):
    """`purge`: all that somebody said within a day is deleted."""

    room: Slug
    user: UserId
    reason: Reason = ""


class SlowMode(Payload):
    """`slow_mode`: how many seconds a member waits between two messages."""

    room: Slug
    seconds: Annotated[int, Field(ge=0, le=SLOWEST)]


class Report(Payload):
    """`report`: the staff should look at a message."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    reason: SomeReason


P = TypeVar("P", bound=Payload)


def parse(schema: type[P], data: Any) -> P:
    """Return `data` as a `schema`.

    Raises Invalid or TooLong, with the field in the message, for the first thing that is wrong.
    """
    if not isinstance(data, dict):
        raise Invalid("must be an object", field="payload")
    try:
        return schema.__pydantic_validator__.validate_python(data)  # what `model_validate` does, half its price
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        field = ".".join(str(part)[:64] for part in first["loc"]) or "payload"
        field = field.encode(errors="replace").decode()
        words = cause.args[0] if isinstance(cause, Exception) else first["msg"][:1].lower() + first["msg"][1:]
        kind = TooLong if isinstance(cause, TextTooLong) else Invalid
        raise kind(words, field=field) from None
