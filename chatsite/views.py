"""What the site itself serves: the words of its scripts, and the answer where something of ours has failed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import translation
from django.views import defaults
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog

from rooms.errors import Unavailable

catalogue = JavaScriptCatalog.as_view(packages=["chatsite"])


@cache_control(public=True, max_age=31_536_000, immutable=True)
def words(request: HttpRequest, language: str) -> HttpResponseBase:
    """The words of our scripts in a language, at an address that changes with them (`words_url`): whoever asks, it is the same."""
    with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        return catalogue(request)


def failed(request: HttpRequest) -> HttpResponseBase:
    """Something of ours failed (the database is locked or full, the disk is): Django has told the log. A program asks again, a person is told."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    refusal = Unavailable()
    told = JsonResponse({"ok": False, "error": refusal.payload()}, status=refusal.status)
    told["Retry-After"] = "1"
    return told
