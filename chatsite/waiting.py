"""How a process that serves, or that has others serve, waits for its end: cooperatively, whatever the hub is at."""

import signal
import socket
from collections.abc import Callable


def catch(*numbers: signal.Signals) -> Callable[[], None]:
    """From now on the signals end nothing. Returns what to call to wait for the first of them; the next one does what it always did.

    Python retries an interrupted poll, so the hub would not notice a mere handler before its next timer. A byte on a socket wakes it; the socket is
    there before the handler, which would swallow what comes between them.
    """
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    waker = signal.set_wakeup_fd(pythons.fileno())
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}

    def wait() -> None:
        try:
            while ours.recv(1)[0] not in numbers:
                pass
        finally:
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)
            ours.close()
            pythons.close()

    return wait
