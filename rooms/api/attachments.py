"""`/api/rooms/<slug>/attachments/`: send a file ahead of its message; take it back."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from rooms import actions, limits, payloads
from rooms.api.answers import api
from rooms.asking import SignedIn, uploaded
from rooms.errors import Invalid


@require_POST
@api
def attachments(request: SignedIn, slug: str) -> dict[str, Any]:
    """POST a form with `file`, and with `id` (a UUID of the client's choice) so that a retry is the same file."""
    limits.uploads.take_by(request)
    files = uploaded(request, "file")
    if len(files) != 1:
        raise Invalid(_("exactly one is expected"), field="file")
    try:
        id = uuid.UUID(request.POST["id"]) if "id" in request.POST else None
    except ValueError:
        raise Invalid(_("is not a UUID"), field="id") from None
    return {"attachment": payloads.attachment(actions.upload(request.user, slug, files[0], id))}


@require_http_methods(["DELETE"])
@api
def attachment(request: SignedIn, slug: str, id: uuid.UUID) -> dict[str, Any]:
    """DELETE one that no message has."""
    actions.withdraw(request.user, id)
    return {}
