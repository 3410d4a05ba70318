"""The addresses of rooms."""

from django.urls import path

from rooms.api import attachments as api_attachments
from rooms.api import direct as api_direct
from rooms.api import messages as api_messages
from rooms.api import people as api_people
from rooms.api import preview as api_preview
from rooms.api import revisions as api_revisions
from rooms.views import (
    arranging,
    browse,
    conversing,
    files,
    inviting,
    keeping,
    moderating,
    people,
    room,
    thread,
    threads,
)

urlpatterns = [
    path("", room.home, name="home"),
    path("rooms/", browse.browse, name="browse"),
    path("new/room/", arranging.new_room, name="new_room"),
    path("new/message/", conversing.new_message, name="new_message"),
    path("rooms/<slug:slug>/", room.room, name="room"),
    path("rooms/<slug:slug>/messages/", room.post_message, name="post_message"),
    path("rooms/<slug:slug>/threads/<int:seq>/", thread.thread, name="thread"),
    path("rooms/<slug:slug>/threads/<int:seq>/follow/", thread.follow, name="follow_thread"),
    path("rooms/<slug:slug>/threads/<int:seq>/read/", thread.mark_read, name="mark_thread_read"),
    path("threads/", threads.threads, name="threads"),
    path("rooms/<slug:slug>/read/", room.mark_read, name="mark_read"),
    path("rooms/<slug:slug>/involvement/", room.involve, name="involve"),
    path("rooms/<slug:slug>/people/", room.people, name="room_people"),
    path("rooms/<slug:slug>/pinned/", keeping.pinned, name="pinned"),
    path("saved/", keeping.saved, name="saved"),
    path("rooms/<slug:slug>/join/", browse.join, name="join"),
    path("rooms/<slug:slug>/leave/", browse.leave, name="leave"),
    path("rooms/<slug:slug>/settings/", arranging.settings, name="room_settings"),
    path("rooms/<slug:slug>/archive/", arranging.archive, name="archive_room"),
    path("rooms/<slug:slug>/members/", arranging.change_member, name="change_member"),
    path("rooms/<slug:slug>/members/add/", arranging.add_members, name="add_members"),
    path("rooms/<slug:slug>/people/<int:pk>/", moderating.moderate, name="moderate"),
    path("rooms/<slug:slug>/slow/", moderating.slow_mode, name="slow_mode"),
    path("rooms/<slug:slug>/messages/<int:seq>/report/", moderating.report, name="report"),
    path("people/<int:pk>/moderate/", moderating.police, name="police"),
    path("rooms/<slug:slug>/invitations/", inviting.invite, name="invite_to_room"),
    path("rooms/<slug:slug>/invitations/<int:pk>/", inviting.show, name="show_invitation"),
    path("rooms/<slug:slug>/invitations/<int:pk>/revoke/", inviting.revoke, name="revoke_invitation"),
    path("invite/", inviting.site_link, name="site_link"),
    path("invite/renew/", inviting.renew_site_link, name="renew_site_link"),
    path("invite/<str:token>/", inviting.invitation, name="invitation"),
    path("people/", people.candidates, name="candidates"),
    path("people/<int:pk>/", people.person, name="person"),
    path("attachments/<uuid:id>/", files.attachment, name="attachment"),
    path("attachments/<uuid:id>/thumbnail/", files.thumbnail, name="thumbnail"),
    path("api/rooms/<slug:slug>/attachments/", api_attachments.attachments, name="api_attachments"),
    path("api/rooms/<slug:slug>/attachments/<uuid:id>/", api_attachments.attachment, name="api_attachment"),
    path("api/direct/", api_direct.direct, name="api_direct"),
    path("api/people/", api_people.everyone, name="api_everyone"),
    path("api/preview/", api_preview.preview, name="api_preview"),
    path("api/rooms/<slug:slug>/messages/", api_messages.messages, name="api_messages"),
    path("api/rooms/<slug:slug>/people/", api_people.people, name="api_people"),
    path("api/rooms/<slug:slug>/threads/<int:seq>/", api_messages.thread, name="api_thread"),
    path("api/rooms/<slug:slug>/messages/<int:seq>/revisions/", api_revisions.revisions, name="api_revisions"),
]
