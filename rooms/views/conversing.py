"""Direct conversations: a page to choose whom to write to, and where every "Message" button leads."""

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from rooms import actions, limits
from rooms.asking import SignedIn
from rooms.errors import ChatError
from rooms.models.room import MOST_DIRECT
from rooms.views.frame import frame
from rooms.views.people import choice, ids


@require_http_methods(["GET", "POST"])
@login_required
def new_message(request: SignedIn) -> HttpResponse:
    """Choose people, and be led to the conversation with them."""
    asked = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        try:
            limits.joins.take_by(request)
            return redirect(actions.open_direct(request.user, actions.named(ids(asked))).room)
        except ChatError as refusal:
            notices.error(request, refusal.sentence)
    context: dict[str, Any] = {"most": MOST_DIRECT, **choice(request.user, asked), **frame(request)}
    return render(request, "rooms/new_message.html", context)
