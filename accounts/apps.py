"""Who you are."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts import sessions, two_factor_changes

        sessions.connect()
        two_factor_changes.connect()
