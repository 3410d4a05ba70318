"""What tests/protocol/test_sending.py asks of one process, asked of two. Killing one of them: test_workers.py."""

from tests.protocol.test_sending import *  # noqa: F403

del test_what_was_acknowledged_survives_a_kill_and_a_retry_is_stored_once  # noqa: F821
