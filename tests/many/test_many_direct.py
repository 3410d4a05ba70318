"""What tests/protocol/test_direct.py asks of one process, asked of two."""

from tests.protocol.test_direct import *  # noqa: F403
