"""What may come in, by socket or API: one schema each, strict, and a refusal that names the field and the bound."""

from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from emoji import is_emoji
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rooms.errors import Invalid, TooLong

MAX_SEQ = 2**53 - 1  # the largest integer that JavaScript counts exactly
MAX_ROOMS = 100  # rooms in one `sync`


class TextTooLong(ValueError):
    """A body over its bound; told apart from other refusals by its own code."""


def clean_body(body: str) -> str:
    """Return `body` without blanks around it.

    Raises ValueError for nothing but blanks, NUL or lone surrogates; TextTooLong over `settings.MAX_BODY` characters.
    """
    without_nul(body)
    try:
        body.encode()
    except UnicodeEncodeError:
        raise ValueError("has a lone surrogate") from None
    # Blanks before the first word may be code; blank lines before it are nothing.
    text = body.rstrip().lstrip("\n\r")
    if not text.strip():
        raise ValueError("is empty")
    if len(text) > settings.MAX_BODY:
        raise TextTooLong(f"{len(text):,} characters, at most {settings.MAX_BODY:,}")
    return text


def without_nul(text: str) -> str:
    """Return `text`. Raises ValueError if it has a NUL character, which PostgreSQL refuses with an error."""
    if "\0" in text:
        raise ValueError("has a NUL character")
    return text


def one_emoji(text: str) -> str:
    """Return `text`. Raises ValueError unless it is one emoji of Unicode's (a sequence counts as one)."""
    if not is_emoji(text):
        raise ValueError("is not an emoji")
    return text


def _uuid(value: Any) -> Any:
    return UUID(value) if isinstance(value, str) else value


Slug = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(without_nul)]
Seq = Annotated[int, Field(ge=0, le=MAX_SEQ)]
Body = Annotated[str, AfterValidator(clean_body)]
ClientId = Annotated[UUID, BeforeValidator(_uuid)]


class Payload(BaseModel):
    """The base of all: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PostMessage(Payload):
    """`message`: something to say in a room."""

    room: Slug
    body: Body
    client_id: ClientId = Field(default_factory=uuid4)
    reply_to: Annotated[int, Field(ge=1, le=MAX_SEQ)] | None = None


class EditMessage(Payload):
    """`edit`: new words for a message of one's own."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    body: Body


class React(Payload):
    """`react`: an emoji on a message, or off it."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    emoji: Annotated[str, Field(max_length=64), AfterValidator(one_emoji)]
    on: bool = True


class DeleteMessage(Payload):
    """`delete`: take a message back."""

    room: Slug
    seq: Annotated[int, Field(ge=1, le=MAX_SEQ)]
    reason: Annotated[str, Field(max_length=250), AfterValidator(without_nul)] = ""


class Sync(Payload):
    """`sync`: the version of each room that the client has."""

    rooms: Annotated[dict[Slug, Seq], Field(max_length=MAX_ROOMS)]


class Typing(Payload):
    """`typing`: somebody is writing in a room."""

    room: Slug


class Read(Payload):
    """`read`: somebody has read a room up to `seq`."""

    room: Slug
    seq: Seq


P = TypeVar("P", bound=Payload)


def parse(schema: type[P], data: Any) -> P:
    """Return `data` as a `schema`.

    Raises Invalid or TooLong, with the field in the message, for the first thing that is wrong.
    """
    if not isinstance(data, dict):
        raise Invalid("payload: must be an object", field="payload")
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        field = ".".join(str(part)[:64] for part in first["loc"]) or "payload"
        field = field.encode(errors="replace").decode()
        words = str(cause) if cause else first["msg"][:1].lower() + first["msg"][1:]
        kind = TooLong if isinstance(cause, TextTooLong) else Invalid
        raise kind(f"{field}: {words}", field=field) from None
