"""What stands around every page inside the site: the sidebar's rooms, and oneself."""

from typing import Any

from rooms import payloads, sidebar
from rooms.asking import SignedIn
from rooms.models import Report

WIDTHS = range(12, 27)


def _sidebar(request: SignedIn) -> dict[str, Any]:
    """How wide the list of rooms is in this browser, in rem ("" as usual), and whether it is put away: what page/splitter.js keeps in a cookie."""
    width, dash, _ = request.COOKIES.get("sidebar", "").partition("-")
    is_known = width.isascii() and width.isdigit() and len(width) == 2 and int(width) in WIDTHS
    return {"width": width if is_known else "", "is_folded": bool(is_known and dash)}


def frame(request: SignedIn) -> dict[str, Any]:
    """The context of `rooms/base.html`: all `rooms`, those that are `shared`, those that are `direct` conversations; how the `list` stands."""
    me = {**payloads.user(request.user), "is_staff": request.user.is_staff, "time_zone": request.user.time_zone}
    if request.user.is_staff and request.user.has_perm("rooms.view_report"):
        me["reports"] = Report.objects.open().count()
    rooms = sidebar.rooms_of(request.user)
    direct = [room for room in rooms if room["kind"] == "direct"]
    shared = rooms[: len(rooms) - len(direct)]
    return {"rooms": rooms, "shared": shared, "direct": direct, "me": me, "list": _sidebar(request)}
