"""What every API view shares: signed in or refused, bounded, and errors as data."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse

from rooms import limits
from rooms.errors import ChatError, Forbidden

View = Callable[..., dict[str, Any]]


def api(view: View) -> Callable[..., JsonResponse]:
    """Make a function that returns a payload into a view; a ChatError becomes `{ok: false, error}` with its status."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            if not request.user.is_authenticated:
                raise Forbidden("sign in first")
            limits.events.take(request.user.pk)
            response = JsonResponse({"ok": True, **view(request, *args, **kwargs)})
        except ChatError as refusal:
            response = JsonResponse({"ok": False, "error": refusal.payload()}, status=refusal.status)
            if "retry_after" in refusal.extra:
                response["Retry-After"] = str(int(refusal.extra["retry_after"]) + 1)
        response["Cache-Control"] = "no-store"
        return response

    return respond
