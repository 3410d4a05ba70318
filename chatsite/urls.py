"""The site's addresses."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog

# The words of our scripts, in the reader's language.
words = cache_control(private=True, max_age=3600)(JavaScriptCatalog.as_view(packages=["rooms"]))

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),  # before allauth's: on a new site its sign-in leads to the first-run page
    path("accounts/", include("allauth.account.urls")),
    path("jsi18n/", words, name="javascript-catalog"),
    path("", include("rooms.urls")),
]
