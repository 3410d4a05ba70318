"""What the head of a request tells while it is still in the kernel: whether it is whole, and who asks. Nothing here is believed, only sorted by."""

import re
from collections.abc import Callable
from typing import Any

Origin = Callable[[dict[str, Any]], str]  # from what a WSGI environment says, where a request counts as coming from

_SOCKETS = b"/socket.io/"  # takes a fraction of a millisecond, and those who connect together are looked up together
_END = re.compile(rb"\n\r?\n")
_HEADER = {name: re.compile(rb"\n" + name + rb":([^\r\n]*)", re.IGNORECASE) for name in (b"Cookie", b"X-Forwarded-For")}


def is_whole(head: bytes) -> bool:
    """Whether the head is all here."""
    return _END.search(head) is not None


def is_of_a_socket(head: bytes) -> bool:
    """Whether it is Engine.IO's."""
    return head.partition(b" ")[2].startswith(_SOCKETS)


def asker(head: bytes, peer: str, origin: Origin) -> tuple[str, str]:
    """Where it comes from, and who it says to be: the cookies. Who makes them up has more turns, but at their own address only."""
    head = head[: end.start()] if (end := _END.search(head)) else head
    seen = b",".join(_HEADER[b"X-Forwarded-For"].findall(head)).decode("latin-1")
    cookies = b";".join(_HEADER[b"Cookie"].findall(head)).decode("latin-1")
    return origin({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": seen}), cookies
