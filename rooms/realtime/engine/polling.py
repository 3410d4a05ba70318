"""Long-polling: python-engineio's, with bounds.

python-engineio leaves without a limit how much waits for a client that does not poll, how many requests it has open at a time, and
what a payload may do to its handler. Invariants: one GET and one POST at a time; what waits for a poll stays within the server's
`bound` bytes; a POST is answered when the inbox has room, so that the client's own sending slows down.
"""

from typing import Any

import eventlet
from engineio import exceptions, packet, socket

from .handshake import Environ

MOST_IN_AN_ANSWER = 16  # packets: python-engineio's client takes more for an attack, and leaves


class Polling(socket.Socket):
    """The part of a `Connection` that needs a queue and the greenlets of requests."""

    told = 0  # bytes that count beside the bound; the few who have some have them in a `__dict__`, which takes no memory before

    __slots__ = ("closing", "polls", "posts", "queue", "queue_size", "server", "sid")

    def begin(self, server: Any, sid: str) -> None:
        """In place of super's `__init__`, which makes a queue for everybody."""
        self.server = server
        self.sid = sid
        self.closing = False
        self.queue: Any = None  # of packets for the next poll; None while there are none, and once upgraded
        self.queue_size = 0  # bytes
        self.polls = self.posts = 0  # requests under way

    def enqueue(self, pkt: Any) -> None:
        """Let the next poll take a packet."""
        if self.queue is None:
            self.queue = self.server.create_queue()
        self.queue_size += len(pkt.encode(b64=True))
        if self.queue_size > self.server.bound + self.told:
            self.close(abort=True, reason=self.server.reason.TRANSPORT_ERROR)
        else:
            self.queue.put(pkt)

    def poll(self) -> list[Any]:
        """Wait for packets, in the greenlet of a GET. Two at a time are refused, as Node does: neither would get a whole sequence."""
        if self.polls:
            self.close(reason=self.server.reason.TRANSPORT_ERROR)
            raise exceptions.EngineIOError("overlapping polls")
        if self.queue is None:
            if self.closing:  # nothing comes any more
                raise exceptions.EngineIOError("the session is over")
            self.queue = self.server.create_queue()
        self.polls += 1
        try:
            return self._answer(self.queue)  # which an upgrade takes away meanwhile
        finally:
            self.polls -= 1

    def _answer(self, queue: Any) -> list[Any]:
        packets: list[Any] = []
        while len(packets) < MOST_IN_AN_ANSWER:
            if packets and queue.empty():
                break
            following = self._next(queue)
            is_end = following is None or following.packet_type == packet.CLOSE
            if is_end and packets:  # by itself: the official client would see it before what stands above it
                queue.put(following)
                break
            if following is None:
                break
            packets.append(following)
        return packets

    def _next(self, queue: Any) -> Any:
        try:
            pkt = queue.get(timeout=self.server.ping_interval + self.server.ping_timeout)
        except self.server.get_queue_empty_exception():
            raise exceptions.QueueEmpty from None
        if pkt is not None:
            self.queue_size -= len(pkt.encode(b64=True))
        return pkt

    def handle_post_request(self, environ: Environ) -> None:
        """Take the packets of a POST; answer when the inbox has room again. Raises EngineIOError for what is no payload."""
        if self.posts:
            self.close(reason=self.server.reason.TRANSPORT_ERROR)
            raise exceptions.EngineIOError("overlapping posts")
        self.posts += 1
        try:
            super().handle_post_request(environ)
            while self.is_full and not self.closing:
                eventlet.sleep(0.01)
        except (ValueError, KeyError, OSError) as error:  # the last: cut off, or too slow
            raise exceptions.EngineIOError("not a payload") from error
        finally:
            self.posts -= 1

    def receive(self, pkt: Any) -> None:
        """A packet came by long-polling."""
        if self.closing:  # said too late; a refusal would keep the client from reading its last words
            return
        if pkt.packet_type == packet.MESSAGE:
            self.put(pkt.data)
        elif pkt.packet_type == packet.PONG:
            self.on_pong()
        elif pkt.packet_type == packet.CLOSE:
            self.close(abort=True, reason=self.server.reason.CLIENT_DISCONNECT)
        else:
            raise exceptions.UnknownPacketError
