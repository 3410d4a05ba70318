"""The log has a line for what the world does wrong, a traceback only for what we do wrong."""

import logging


class OneLine(logging.Filter):
    """Takes the traceback from a record: a request with a foreign Host, or too large, is no fault of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
