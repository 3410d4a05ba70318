"""The site's addresses."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),  # before allauth's: on a new site its sign-in leads to the first-run page
    path("accounts/", include("allauth.account.urls")),
    path("", include("rooms.urls")),
]
