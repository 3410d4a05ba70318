"""Argon2, off the hub: a hash takes a tenth of a second, in which one thread would serve nobody."""

from django.contrib.auth.hashers import Argon2PasswordHasher

from chatsite import offload


class OffloadedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's Argon2 hasher with its two slow calls in a worker thread."""

    def encode(self, password: str, salt: str) -> str:
        return offload.run(super().encode, password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        return offload.run(super().verify, password, encoded)
