"""What accounts tells the rest of the site. Sent after the change is committed, by `accounts.actions` and by `accounts.sessions`.

accounts never imports rooms: rooms listens here.
"""

from django.dispatch import Signal

site_founded = (
    Signal()
)  # user: the first person, an administrator. Sent inside the founding transaction: the Lobby is part of it.
user_joined = Signal()  # user: a new person
# key: of an invitation that is none of the site's own. Receivers answer whether it lets somebody sign up. Sent at each look at the sign-up page.
invitation_shown = Signal()
# user, key: somebody signs up by it, or comes with it to an open site. Receivers take it, and answer whether it held. Sent inside the transaction.
invitation_used = Signal()
user_changed = Signal()  # user: name, handle or being active changed
session_ended = Signal()  # user, session_key: signed out in one browser
# session_key: of a session that goes on under another key, which is stored, and on its way to the browser
session_rotated = Signal()
user_revoked = Signal()  # user: every session of theirs has ended, or leads nowhere but to a second factor; but, where one goes on: its session key
preferences_changed = Signal()  # user: how they like the site to look and behave
