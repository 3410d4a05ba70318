"""The project's own commands, assets and checks, and the admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ChatsiteConfig(AppConfig):
    """The house itself."""

    name = "chatsite"
    verbose_name = "Site"


class ChatAdminConfig(AdminConfig):
    """Django's admin with our site class."""

    default = False
    default_site = "chatsite.admin.ChatAdminSite"
