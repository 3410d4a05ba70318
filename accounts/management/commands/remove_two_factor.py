"""`manage.py remove_two_factor EMAIL`: let somebody in by the password again who has lost the rest, where no administrator is left to do it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions
from accounts.models import User


class Command(BaseCommand):
    """Takes it off."""

    help = "Take the second factor off somebody who has lost it. Their sessions end, and they are told by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=User.objects.normalize_email(email)).first()
        if user is None:
            raise CommandError(f"nobody here has the address {email}")
        done = actions.remove_two_factor(user)
        self.stdout.write(f"{user}: " + ("signs in by password from now on" if done else "there was no second factor"))
