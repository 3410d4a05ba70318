"""How a process that serves, or that has others serve, waits for its end: cooperatively, whatever the hub is at."""

import signal
import socket


def wait_for_signal(*numbers: signal.Signals) -> None:
    """Return when one of the signals arrives; the next one of the same kind does what it always did.

    Python retries an interrupted poll, so the hub would not notice a mere handler before its next timer. A byte on a socket wakes it.
    """
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    waker = signal.set_wakeup_fd(pythons.fileno())
    try:
        while ours.recv(1)[0] not in numbers:
            pass
    finally:
        signal.set_wakeup_fd(waker)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        pythons.close()
