"""Headers of every answer beside Django's own: what a page may ask of the device it is on, who may embed what we send (nobody else), and who keeps
what one person was shown: nobody, not even their browser, which would show it to the next by its back button once they have signed out."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import has_vary_header

# What no page of ours needs is off, whatever else gets into one (W3C Permissions Policy). Only names that Chromium knows: it warns of others.
NEVER = (
    "accelerometer", "camera", "clipboard-read", "display-capture", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
OURS = ("autoplay", "clipboard-write", "fullscreen", "publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS = ", ".join([*(f"{name}=()" for name in NEVER), *(f"{name}=(self)" for name in OURS)])


class HeadersMiddleware:
    """Before whitenoise, so that static files have them, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if has_vary_header(response, "Cookie"):
            response.setdefault("Cache-Control", "no-store")
        return response


class PolicyMiddleware(CSPMiddleware):
    """The policy of pages. What is no page has one of its own, and none is put together for it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if HEADER in response else super().process_response(request, response)
