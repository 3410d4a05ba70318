"""What tests/protocol/test_introductions.py asks of one process, asked of two."""

from tests.protocol.test_introductions import *  # noqa: F403
