"""Addresses of the account pages; before allauth's own, some of which are wrapped here."""

from django.urls import path, re_path

from accounts import views

urlpatterns = [
    path("welcome/", views.welcome, name="welcome"),
    path("accounts/login/", views.login, name="account_login"),
    path("accounts/signup/", views.signup, name="account_signup"),
    path("accounts/invite/<str:key>/", views.invite, name="invite"),
    path("accounts/profile/", views.profile, name="profile"),
    re_path(r"^avatars/(?P<name>[0-9a-f]{32})-(?P<size>96|384)\.webp$", views.avatar, name="avatar"),
    path("accounts/zone/", views.time_zone, name="time_zone"),
    path("accounts/settings/", views.preferences, name="preferences"),
    path("accounts/theme/", views.theme, name="theme"),
    path("accounts/sessions/", views.browsers, name="browsers"),
    path("accounts/two-factor/", views.two_factor_index, name="mfa_index"),
    path("accounts/two-factor/totp/activate/", views.activate_totp, name="mfa_activate_totp"),
    path("accounts/two-factor/webauthn/login/", views.passkey_login, name="mfa_login_webauthn"),
    path("accounts/two-factor/webauthn/", views.passkeys, name="mfa_list_webauthn"),
]
