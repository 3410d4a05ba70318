"""What every API view shares: signed in or refused, bounded, and errors as data."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.utils.translation import gettext_lazy as _

from accounts import two_factor
from rooms import limits
from rooms.errors import ChatError, Forbidden, Invalid

View = Callable[..., dict[str, Any]]


def api(view: View) -> Callable[..., HttpResponse]:
    """Make a function that returns a payload into a view; a ChatError becomes `{ok: false, error}` with its status."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise Forbidden(_("sign in first"))
            if two_factor.is_lacking(request.user):
                raise Forbidden(two_factor.FIRST)
            limits.events.take_by(request)
            response = _json({"ok": True, **view(request, *args, **kwargs)})
        except ChatError as refusal:
            response = _json({"ok": False, "error": refusal.payload()}, refusal.status)
            if "retry_after" in refusal.extra:
                response["Retry-After"] = str(int(refusal.extra["retry_after"]) + 1)
        response["Cache-Control"] = "no-store"
        return response

    respond.refuses_by_itself = True  # type: ignore[attr-defined]
    return respond


def _json(data: dict[str, Any], status: int = 200) -> HttpResponse:
    """JSON as the sockets speak it; nothing in it is to be loaded, wherever somebody opens it."""
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    return HttpResponse(orjson.dumps(data), content_type="application/json", status=status, headers=headers)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises Invalid."""
    try:
        data = json.loads(request.body)
    # Brackets in brackets, without end; a form with parts, which Django has read in search of the token.
    except (ValueError, RecursionError, RawPostDataException):
        raise Invalid(_("must be JSON"), field="payload") from None
    if not isinstance(data, dict):
        raise Invalid(_("must be an object"), field="payload")
    return data
