"""Addresses of the account pages; before allauth's own, two of which are wrapped here."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("welcome/", views.welcome, name="welcome"),
    path("accounts/login/", views.login, name="account_login"),
    path("accounts/signup/", views.signup, name="account_signup"),
    path("accounts/invite/<str:key>/", views.invite, name="invite"),
    path("accounts/profile/", views.profile, name="profile"),
]
