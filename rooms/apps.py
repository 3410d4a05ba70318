"""What rooms does when accounts tells it something: the only signals that cross, and they cross downwards only."""

from typing import Any

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Rooms, messages, members."""

    name = "rooms"
    verbose_name = "Rooms"

    def ready(self) -> None:
        from accounts import signals
        from rooms import actions, broadcast

        def founded(user: Any, **_: Any) -> None:
            actions.ensure_lobby(user)
            actions.join_defaults(user)

        def joined(user: Any, **_: Any) -> None:
            actions.join_defaults(user)

        def session_over(user: Any, session_key: str, **_: Any) -> None:
            broadcast.expel(broadcast.to_session(session_key))

        def revoked(user: Any, **_: Any) -> None:
            broadcast.expel(broadcast.to_user(user.pk))

        def changed(user: Any, **_: Any) -> None:
            broadcast.refresh(user)

        signals.user_changed.connect(changed, weak=False)
        signals.site_founded.connect(founded, weak=False)
        signals.user_joined.connect(joined, weak=False)
        signals.session_ended.connect(session_over, weak=False)
        signals.user_revoked.connect(revoked, weak=False)
