"""Django's admin for people and the site's settings. Whatever is changed here goes through `actions`."""

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (register what is taken off below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

from accounts.admin import audit, auditing, site, user

# Addresses are changed with their person: by themselves they would come apart from it.
admin.site.unregister(EmailAddress)
# Second factors are their person's own, secrets and all: taken off in the list of people, never looked at.
admin.site.unregister(Authenticator)

__all__ = ["audit", "auditing", "site", "user"]
