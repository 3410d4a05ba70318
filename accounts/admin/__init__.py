"""Django's admin for people and the site's settings. Whatever is changed here goes through `actions`."""

import allauth.account.admin  # noqa: F401  (registers what is taken off below)
from allauth.account.models import EmailAddress
from django.contrib import admin

from accounts.admin import site, user

# Addresses are changed with their person: by themselves they would come apart from it.
admin.site.unregister(EmailAddress)

__all__ = ["site", "user"]
