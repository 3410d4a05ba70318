"""What tests/protocol/test_revoking.py asks of one process, asked of two: whoever does it, in whichever, the sockets of all go."""

from tests.protocol.test_revoking import *  # noqa: F403

del test_what_was_said_and_is_not_stored_when_one_is_signed_out_is_refused  # noqa: F821
del test_what_another_process_takes_away_is_seen_within_two_rounds  # noqa: F821
