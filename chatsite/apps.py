"""The project's own commands, assets and checks, and the admin site."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig

from chatsite.catalogues import compile_stale


class ChatsiteConfig(AppConfig):
    """The house itself."""

    name = "chatsite"
    verbose_name = "Site"

    def ready(self) -> None:
        """Have the translations at hand before anything is said. Where there is a broker, what we change reaches those who serve."""
        from rooms import broadcast
        from rooms.realtime.outside import Outside

        compile_stale()
        if settings.BROKER:  # a process that serves puts its own carrier in this one's place
            broadcast.attach(Outside(settings.BROKER, settings.MESSAGE_QUEUE_CHANNEL))


class ChatAdminConfig(AdminConfig):
    """Django's admin with our site class."""

    default = False
    default_site = "chatsite.admin.ChatAdminSite"
