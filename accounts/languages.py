"""In which language somebody is spoken to: the one they have chosen, or else what their browser asks for."""

from django.conf import settings
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.models import User

MAX_WISH = 500  # characters of an Accept-Language, as Django reads it


def chosen_by(user: object) -> str:
    """The language in somebody's settings; "" for none, and for one that the site no longer has."""
    language = user.language if isinstance(user, User) else ""
    return language if language in dict(settings.LANGUAGES) else ""


def language_of(user: User, wish: str) -> str:
    """The language for a person whose browser sends `wish` as its Accept-Language."""
    if chosen := chosen_by(user):
        return chosen
    for language, _quality in parse_accept_lang_header(wish):
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
