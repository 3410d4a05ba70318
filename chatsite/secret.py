"""The secret key: made at the first start, kept in a file that only its owner reads."""

import os
import secrets
from pathlib import Path


def secret_key(path: Path) -> str:
    """Return the key kept at `path`; make the file (mode 0600) if there is none. Two processes that start at once agree on one key."""
    while not (key := path.read_text().strip() if path.exists() else ""):
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # takes the name only if nobody has it yet
        except FileExistsError:
            if not path.read_text().strip():
                raise
        finally:
            draft.unlink()
    return key


def is_kept_at(path: Path, key: str) -> bool:
    """Whether `key` is the one in the file, and not one of the environment."""
    return path.exists() and path.read_text().strip() == key
