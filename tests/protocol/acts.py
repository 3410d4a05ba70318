"""What people do in a room, by every way there is: the socket, the JSON API, the page, the admin."""

import re
from collections.abc import Callable
from typing import Any

from tests.support.people import PATIENCE
from tests.support.scene import JSON, Scene, told_by


def found(scene: Scene) -> str:
    """Whether the list of open rooms has the room."""
    answer = scene.web.get(f"{scene.site.url}/rooms/", timeout=PATIENCE)
    outcome = told_by(answer)
    listed = re.search(rf'action="/rooms/{scene.slug}/(join|leave)/"', answer.text)
    return outcome if outcome != "yes" or listed else "not_found"


def settings(scene: Scene) -> str:
    """The settings; a direct conversation has none, and its address leads to the conversation."""
    outcome = scene.here("GET", "settings/")
    direct = (
        outcome == "yes" and 'id="ways-out"' not in scene.web.get(f"{scene.site.url}/rooms/{scene.slug}/settings/").text
    )
    return "forbidden" if direct else outcome


def follow(scene: Scene) -> str:
    """Follow a link and press the button. Who is signed out is led to sign in."""
    path = f"/invite/{scene.link()['token']}/"
    answer = scene.web.post(scene.site.url + path, timeout=PATIENCE)
    is_there = "/invite/" in answer.url and "/accounts/login/" in answer.text
    return "sign in" if is_there else told_by(answer)


def other_way(scene: Scene) -> str:
    """The action of the admin that turns round how the room stands, a moderator having been there before; a direct conversation has none."""
    return "archive" if scene.kind in ("archived", "direct") else "unarchive"


def in_admin(scene: Scene, row: JSON | None = None, **fields: Any) -> str:
    """Change the room in the admin. `row`: of its members."""
    room = {"name": "Room", "topic": "", "kind": "open" if scene.kind == "archived" else scene.kind, **fields}
    room |= {"archived": "on"} if scene.kind == "archived" else {}
    rows = [row] if row else []
    data = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": sum("id" in each for each in rows)}
    for each in rows:
        data |= {"memberships-0-room": scene.pk, "memberships-0-role": "member"} | {
            f"memberships-0-{k}": v for k, v in each.items()
        }
    outcome = scene.admin("POST", f"room/{scene.pk}/change/", data={**room, **data})
    # The form of a direct conversation asks for none of this, and passes over what is sent all the same.
    return "forbidden" if scene.kind == "direct" and outcome == "yes" else outcome


def member_row(scene: Scene, who: str, **fields: Any) -> JSON:
    """The row of somebody in the list of members in the admin."""
    user = scene.people[who].id
    return {"id": scene.memberships[str(user)], "user": user, **fields}


def mine(scene: Scene) -> str:
    """A file of one's own that waits; of who has none somebody's."""
    return scene.waiting.get(scene.who) or scene.waiting["other"]


def on(scene: Scene, who: str, **form: Any) -> str:
    """A button of the page where a moderator acts on somebody."""
    return scene.here("POST", f"people/{scene.people[who].id}/", data=form)


def settle(scene: Scene, **form: Any) -> str:
    """A button under a report in the admin."""
    return scene.admin("POST", f"report/{scene.reports[0]}/change/", data=form)


def lifted(scene: Scene) -> str:
    """The action of the admin; what a moderator has lifted is not there any more. In a direct conversation nothing of the kind holds."""
    return scene.admin(
        "POST", "sanction/", data={"action": "lift", "_selected_action": scene.sanctions.get("deactivated", 0)}
    )


def draft(**fields: Any) -> JSON:
    """The body of a post to the API."""
    return {"json": {"body": "said", **fields}}


Way = Callable[[Scene], str]
ACTS: dict[str, dict[str, Way]] = {
    "find it under “Browse rooms”": {"page": found},
    "read what is said": {
        "socket": Scene.sync, "api": lambda s: s.api("GET", "messages/"), "page": lambda s: s.here("GET"),
        "admin": lambda s: s.admin("GET", f"message/?room__id__exact={s.pk}"),
    },
    "read a thread": {
        "api": lambda s: s.api("GET", f"threads/{s.root}/"), "page": lambda s: s.here("GET", f"threads/{s.root}/"),
    },
    "fetch a file": {
        "page": lambda s: s.page("GET", f"/attachments/{s.file}/"), "admin": lambda s: s.admin("GET", f"message/attachments/{s.file}/"),
    },
    "see who is in it": {
        "api": lambda s: s.api("GET", "people/"), "page": lambda s: s.here("GET", "people/"),
        "admin": lambda s: s.admin("GET", f"room/{s.pk}/change/"),
    },
    "say something": {
        "socket": lambda s: s.emit("message", body="said"), "api": lambda s: s.api("POST", "messages/", **draft()),
        "page": lambda s: s.here("POST", "messages/", data={"body": "said"}),
    },
    "quote a message": {
        "socket": lambda s: s.emit("message", body="said", reply_to=s.root),
        "api": lambda s: s.api("POST", "messages/", **draft(reply_to=s.root)),
    },
    "answer in a thread": {
        "socket": lambda s: s.emit("message", body="said", thread=s.root),
        "api": lambda s: s.api("POST", "messages/", **draft(thread=s.root)),
        "page": lambda s: s.here("POST", f"threads/{s.root}/", data={"body": "said"}),
    },
    "send a file ahead": {"api": lambda s: s.api("POST", "attachments/", files={"file": ("words.txt", b"words")})},
    "take back a file of one's own": {"api": lambda s: s.api("DELETE", f"attachments/{mine(s)}/")},
    "say something with a file": {
        "socket": lambda s: s.emit("message", body="", attachments=[mine(s)]),
        "page": lambda s: s.here("POST", "messages/", data={"body": "said"}, files={"files": ("words.txt", b"words")}),
    },
    "edit one's own": {"socket": lambda s: s.emit("edit", seq=s.own(), body="anew")},
    "edit what another wrote": {"socket": lambda s: s.emit("edit", seq=s.others(), body="anew")},
    "delete one's own": {"socket": lambda s: s.emit("delete", seq=s.own())},
    "delete what another wrote": {
        "socket": lambda s: s.emit("delete", seq=s.others()),
        "admin": lambda s: s.admin("POST", "message/", data={
            "action": "delete_messages", "_selected_action": s.messages[str(s.others())], "reason": ""}),
    },
    "react": {"socket": lambda s: s.emit("react", seq=s.root, emoji="👍")},
    "pin a message, unpin it": {
        "socket": lambda s: s.emit("pin", seq=s.root), "page": lambda s: s.here("POST", "pinned/", data={"seq": s.root}),
    },
    "save a message for oneself": {"socket": lambda s: s.emit("save", seq=s.root)},
    "see what one's own said before": {"api": lambda s: s.api("GET", f"messages/{(s.said.get(s.who) or s.said['other'])[0]}/revisions/")},
    "see what another's said before": {
        "api": lambda s: s.api("GET", f"messages/{s.said['other'][0]}/revisions/"),
        "admin": lambda s: s.admin("GET", f"message/{s.messages[str(s.said['other'][0])]}/change/"),
    },
    "be seen typing": {"socket": lambda s: s.emit("typing")},
    "keep one's other devices quiet while one looks at it": {"socket": lambda s: s.emit("front")},
    "mark it read": {"socket": lambda s: s.emit("read", seq=s.root), "page": lambda s: s.here("POST", "read/")},
    "mark it unread from a message on": {"socket": lambda s: s.emit("unread", seq=s.root)},
    "follow a thread, or no longer": {
        "socket": lambda s: s.emit("follow", seq=s.root, on=False),
        "page": lambda s: s.here("POST", f"threads/{s.root}/follow/", data={"on": "1"}),
    },
    "mark a thread read": {
        "socket": lambda s: s.emit("thread_read", seq=s.root, upto=s.root),
        "page": lambda s: s.here("POST", f"threads/{s.root}/read/"),
    },
    "choose what to be told of": {
        "socket": lambda s: s.emit("involve", involvement="nothing"),
        "page": lambda s: s.here("POST", "involvement/", data={"involvement": "mentions"}),
    },
    "join": {"page": lambda s: s.here("POST", "join/")},
    "leave": {"page": lambda s: s.here("POST", "leave/")},
    "see its settings": {"page": settings},
    "change name, topic, kind": {
        "page": lambda s: s.here("POST", "settings/", data={"name": f"Of {s.who}", "topic": "", "kind": "closed" if s.kind == "closed" else "open"}),
        "admin": lambda s: in_admin(s, name="Of the staff"),
    },
    "archive it, take it into use": {
        "page": lambda s: s.here("POST", "archive/", data={"archived": "0" if s.kind == "archived" else "1"}),
        "admin": lambda s: s.admin("POST", "room/", data={"action": other_way(s), "_selected_action": s.pk}),
    },
    "add people": {
        "page": lambda s: s.here("POST", "members/add/", data={"person": s.people["another newcomer" if s.who == "moderator" else "newcomer"].id}),
        "admin": lambda s: in_admin(s, {"user": s.people["not in it"].id}),
    },
    "report what another wrote": {
        "socket": lambda s: s.emit("report", seq=s.others(), reason="rude"),
        "page": lambda s: s.here("POST", f"messages/{s.others()}/report/", data={"reason": "rude"}),
    },
    "mute somebody": {
        "socket": lambda s: s.emit("mute", user=s.people["other"].id, seconds=600, reason="rude"),
        "page": lambda s: on(s, "other", act="mute", seconds=3600),
        "admin": lambda s: settle(s, act="mute", seconds=600, scope="room"),
    },
    "lift a mute": {
        "socket": lambda s: s.emit("unmute", user=s.people["other"].id), "page": lambda s: on(s, "other", act="unmute"),
        "admin": lifted,
    },
    "ban somebody": {
        "socket": lambda s: s.emit("ban", user=s.people["other"].id, seconds=600, reason="rude"),
        "page": lambda s: on(s, "other", act="ban", seconds=0, reason="rude"),
        "admin": lambda s: settle(s, act="ban", seconds=0, scope="room", reason="rude"),
    },
    "lift a ban": {
        "socket": lambda s: s.emit("unban", user=s.people["other"].id), "page": lambda s: on(s, "other", act="unban"),
        "admin": lifted,
    },
    "delete what somebody said in a day": {
        "socket": lambda s: s.emit("purge", user=s.people["deactivated"].id),
        "page": lambda s: on(s, "deactivated", act="purge"),
        "admin": lambda s: s.page("POST", f"/people/{s.people['other'].id}/moderate/", data={"act": "purge"}),
    },
    "set slow mode": {
        "socket": lambda s: s.emit("slow_mode", seconds=10), "page": lambda s: s.here("POST", "slow/", data={"seconds": 30}),
        "admin": lambda s: in_admin(s, slow_mode=5),
    },
    "take somebody out": {
        "socket": lambda s: s.emit("kick", user=s.people["member" if s.who == "moderator" else "other"].id, reason="rude"),
        "page": lambda s: s.here("POST", "members/", data={"remove": s.people["other"].id}),
        "admin": lambda s: in_admin(s, member_row(s, "deactivated", DELETE="on")),
    },
    "give a role": {
        "page": lambda s: s.here("POST", "members/", data={"moderator": s.people["other"].id}),
        "admin": lambda s: in_admin(s, member_row(s, "member", role="moderator")),
    },
    "make an invite link": {
        "page": lambda s: s.here("POST", "invitations/", data={"lifetime": "3600", "max_uses": ""}),
        "admin": lambda s: s.admin("POST", "invitation/add/", data={"room": s.pk, "max_uses": "", "expires_at_0": "", "expires_at_1": ""}),
    },
    "show an invite link": {
        "page": lambda s: s.here("GET", f"invitations/{s.link()['pk']}/"),
        "admin": lambda s: s.admin("GET", f"invitation/{s.link()['pk']}/change/"),
    },
    "take an invite link back": {
        "page": lambda s: s.here("POST", f"invitations/{s.link()['pk']}/revoke/"),
        "admin": lambda s: s.admin("POST", "invitation/", data={"action": "revoke", "_selected_action": s.link()["pk"]}),
    },
    "come in by an invite link": {"page": follow},
}  # fmt: skip

READING = {
    "find it under “Browse rooms”", "read what is said", "read a thread", "fetch a file", "see who is in it", "see its settings",
    "see what one's own said before", "see what another's said before", "mark a thread read", "show an invite link", "be seen typing",
    "keep one's other devices quiet while one looks at it",
}  # fmt: skip
# What is allowed and changes no row: looking; what is so already; a file that is not there is taken back, too.
LEAVES_NO_MARK: set[str | tuple[str, str]] = {
    *READING, *((act, who) for act in ("join", "come in by an invite link") for who in ("member", "moderator")),
}  # fmt: skip


EVERYONE, STAFF = "everyone", "staff"


def make_room(scene: Scene) -> str:
    """Make a room of one's own."""
    return scene.page("POST", "/new/room/", data={"name": "Room", "topic": "", "kind": "open"})


def see_site_link(scene: Scene) -> str:
    """Open the page with the site's invite link."""
    return scene.page("GET", "/invite/")


def police(scene: Scene, **form: Any) -> str:
    """A button of the page where the staff act on somebody everywhere."""
    return scene.page("POST", f"/people/{scene.people['other'].id}/moderate/", data=form)


# What is done outside of rooms -> the settings of the site, and the ways.
OUTSIDE: dict[str, tuple[dict[str, str], dict[str, Way]]] = {
    "see the list of open rooms": ({}, {"page": lambda s: s.page("GET", "/rooms/")}),
    "make a room": ({"room_makers": EVERYONE}, {"page": make_room}),
    "make a room, where only the staff may": ({"room_makers": STAFF}, {"page": make_room}),
    "write to somebody": (
        {},
        {
            "socket": lambda s: s.emit("direct", people=[s.people["other"].id]),
            "api": lambda s: s.api("POST", "/api/direct/", json={"people": [s.people["other"].id]}),
            "page": lambda s: s.page("POST", "/new/message/", data={"person": s.people["other"].id}),
        },
    ),
    "find people": (
        {}, {"api": lambda s: s.api("GET", "/api/people/?q=a"), "page": lambda s: s.page("GET", "/people/?q=a")},
    ),
    "see somebody's card": ({}, {"page": lambda s: s.page("GET", f"/people/{s.people['other'].id}/")}),
    "preview a message": ({}, {"api": lambda s: s.api("POST", "/api/preview/", json={"body": "words"})}),
    "see the site's invite link": ({"inviters": EVERYONE}, {"page": see_site_link}),
    "see it, where only the staff may": ({"inviters": STAFF}, {"page": see_site_link}),
    "make a new one": ({}, {
        "page": lambda s: s.page("POST", "/invite/renew/"),
        "admin": lambda s: s.page("POST", "/admin/accounts/site/renew-invite/"),
    }),
    "mute, ban or clear somebody on the whole site": ({}, {
        way: lambda s, form=form: police(s, **form) for way, form in {
            "mute": {"act": "mute", "seconds": 600}, "clear": {"act": "purge"}, "ban": {"act": "ban", "seconds": 600, "reason": "rude"},
        }.items()
    }),
    "lift a mute or ban from the whole site": ({}, {
        "unmute": lambda s: police(s, act="unmute"), "unban": lambda s: police(s, act="unban"),
    }),
    "see the reports, and settle them": ({}, {"admin": lambda s: s.page("GET", "/admin/rooms/report/")}),
    "read the audit log": ({}, {"admin": lambda s: s.page("GET", "/admin/accounts/auditentry/")}),
    "see and change people, and the site's settings": ({}, {
        "admin": lambda s: s.page("GET", "/admin/accounts/user/"), "page": lambda s: s.page("GET", "/admin/accounts/site/1/change/"),
    }),
}  # fmt: skip
