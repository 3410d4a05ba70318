"""What rooms does when accounts tells it something: the only signals that cross, and they cross downwards only."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoomsConfig(AppConfig):
    """Rooms, messages, members."""

    name = "rooms"
    verbose_name = _("Rooms")

    def ready(self) -> None:
        from accounts import signals
        from rooms import actions, broadcast

        def founded(user: Any, **more: Any) -> None:
            actions.ensure_lobby(user)
            actions.join_defaults(user)

        def joined(user: Any, **more: Any) -> None:
            actions.join_defaults(user)

        def shown(key: str, **more: Any) -> bool:
            return actions.opens_sign_up(key)

        def used(user: Any, key: str, **more: Any) -> bool:
            return actions.accepts(user, key)

        def session_over(user: Any, session_key: str, **more: Any) -> None:
            broadcast.expel(broadcast.to_session(session_key))

        def rotated(session_key: str, **more: Any) -> None:
            broadcast.renew(broadcast.to_session(session_key))

        def revoked(user: Any, but: str = "", **more: Any) -> None:
            broadcast.expel(broadcast.to_user(user.pk), but)

        def preferred(user: Any, **more: Any) -> None:
            broadcast.publish(broadcast.to_user(user.pk), {"type": "preferences", **user.preferences})

        def changed(user: Any, **more: Any) -> None:
            broadcast.refresh(user)
            actions.call_anew(user)

        signals.user_changed.connect(changed, weak=False)
        signals.site_founded.connect(founded, weak=False)
        signals.user_joined.connect(joined, weak=False)
        signals.invitation_shown.connect(shown, weak=False)
        signals.invitation_used.connect(used, weak=False)
        signals.session_ended.connect(session_over, weak=False)
        signals.session_rotated.connect(rotated, weak=False)
        signals.user_revoked.connect(revoked, weak=False)
        signals.preferences_changed.connect(preferred, weak=False)
