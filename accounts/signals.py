"""What accounts tells the rest of the site. Sent after the change is committed, by `accounts.actions` and by `accounts.sessions`.

accounts never imports rooms: rooms listens here.
"""

from django.dispatch import Signal

site_founded = (
    Signal()
)  # user: the first person, an administrator. Sent inside the founding transaction: the Lobby is part of it.
user_joined = Signal()  # user: a new person
user_changed = Signal()  # user: name, handle or being active changed
session_ended = Signal()  # user, session_key: signed out in one browser
user_revoked = Signal()  # user: every session of theirs has ended
