"""The addresses of rooms."""

from django.urls import path

from rooms.api import messages as api_messages
from rooms.views import browse, room

urlpatterns = [
    path("", room.home, name="home"),
    path("rooms/", browse.browse, name="browse"),
    path("rooms/<slug:slug>/", room.room, name="room"),
    path("rooms/<slug:slug>/messages/", room.post_message, name="post_message"),
    path("rooms/<slug:slug>/read/", room.mark_read, name="mark_read"),
    path("rooms/<slug:slug>/people/", room.people, name="room_people"),
    path("rooms/<slug:slug>/join/", browse.join, name="join"),
    path("rooms/<slug:slug>/leave/", browse.leave, name="leave"),
    path("api/rooms/<slug:slug>/messages/", api_messages.messages, name="api_messages"),
]
