"""What every request meets: the language somebody chose; a note in which browser they are, from where, and when: one write in five minutes; word
of a session that has a new key, once that is stored; and the way to a second factor, for staff who must have one.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from accounts import two_factor
from accounts.languages import chosen_by
from accounts.models import Browser, User
from accounts.signals import session_rotated

EVERY = 300.0  # seconds between two notes of one browser
MOST = 50_000  # browsers this process has in mind

log = logging.getLogger(__name__)


class LanguageMiddleware:
    """Speaks to people in the language of their settings; Django's LocaleMiddleware has done as the browser wishes, and does so for all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and (chosen := chosen_by(request.user)):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        return self._get_response(request)


class RotationMiddleware:
    """Stands before Django's SessionMiddleware, which stores the session on the way out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if key := getattr(getattr(request, "session", None), "rotated_from", ""):
            session_rotated.send(User, session_key=key)
        return response


class SeenMiddleware:
    """Pages only, and of these only those that looked at their session: the API costs what it did."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._noted: OrderedDict[str, tuple[float, str, str | None]] = (
            OrderedDict()
        )  # session key -> when, agent, address

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        session = request.session
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and session.accessed and session.session_key and (user := session.get(SESSION_KEY)):
            agent = request.headers.get("User-Agent", "")
            self._note(int(user), session.session_key, agent, get_adapter().get_client_ip(request))
        return response

    def _note(self, user: int, key: str, agent: str, address: str | None) -> None:
        now = time.monotonic()
        when, *known = self._noted.get(key, (now - EVERY, "", None))
        if known == [agent, address] and now - when < EVERY:
            return
        self._noted[key] = now, agent, address
        self._noted.move_to_end(key)
        if len(self._noted) > MOST:
            self._noted.popitem(last=False)
        try:
            Browser.objects.saw(user, key, agent, address)
        except DatabaseError as error:  # the page is none the worse for it
            log.warning("a browser was not noted: %s", error)


class TwoFactorMiddleware:
    """Leads staff whom the site asks for a second factor to where they set it up. A view that `refuses_by_itself` (the API) does so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or getattr(view, "refuses_by_itself", False):
            return None
        assert request.resolver_match is not None
        is_open = request.resolver_match.url_name in two_factor.ALWAYS_OPEN
        return None if is_open or not two_factor.is_lacking(request.user) else redirect("mfa_index")
