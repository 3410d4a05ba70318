"""The files of messages, to those who may read the message. Asked anew at each request: who was put out of the room gets nothing more."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from rooms import serving
from rooms.asking import SignedIn
from rooms.models import Attachment


@require_safe
@login_required
def attachment(request: SignedIn, id: uuid.UUID) -> HttpResponseBase:
    """The file."""
    return serving.respond(request, _found(request, id))


@require_safe
@login_required
def thumbnail(request: SignedIn, id: uuid.UUID) -> HttpResponseBase:
    """The small image of a large one."""
    found = _found(request, id)
    return serving.respond(request, found, thumbnail=bool(found.thumbnail))


def _found(request: SignedIn, id: uuid.UUID) -> Attachment:
    found = Attachment.objects.seen_by(request.user).filter(pk=id).first()
    if found is None:
        raise Http404("No such file, or none that you may have.")
    return found
