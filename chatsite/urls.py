"""The site's addresses."""

from django.contrib import admin
from django.urls import include, path

from chatsite.views import words

handler500 = "chatsite.views.failed"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),  # before allauth's: on a new site its sign-in leads to the first-run page
    path("accounts/", include("allauth.account.urls")),
    path("accounts/two-factor/", include("allauth.mfa.urls")),
    path("jsi18n/<slug:language>/", words, name="javascript-catalog"),
    path("", include("rooms.urls")),
]
