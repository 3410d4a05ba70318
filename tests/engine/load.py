"""Load for `echo_app.py`, from one process without eventlet: `python -m tests.engine.load PORT fanout|idle|storm key=value ...`.

fanout: members= senders= seconds=      deliveries a second and latency, each sender waiting for its acknowledgement
idle:   connections= seconds=           what the server needs for each: memory, CPU to connect, and CPU while nothing happens
storm:  connections= rounds=            connect and cut, again and again: what is left behind
"""

import base64
import json
import os
import select
import socket
import struct
import sys
import time
import urllib.request
from typing import Any

PER_ADDRESS = 20_000  # connections from one source address: it has 28,000 ports


def masked(opcode: int, payload: bytes, first: int = 0x80) -> bytes:
    """Return a client's frame, with a mask of zeros: valid, and cheap."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first | opcode, 0x80 | 127, size)
    return head + bytes(4) + payload


def emit(name: str, *args: Any, ack: int | None = None) -> bytes:
    return masked(1, b"42%s" % (b"" if ack is None else b"%d" % ack) + json.dumps([name, *args]).encode())


class Client:
    """One raw Socket.IO client."""

    def __init__(self, port: int, number: int) -> None:
        self.sock = socket.socket()
        self.sock.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
        self.sock.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16))
        self.sock.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n"
            b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
            b"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
            b"Cookie: sessionid=abcdefghijklmnopqrstuvwxyz012345; csrftoken=abcdefghijklmnopqrstuvwxyz012345\r\n\r\n"
        )
        self.buffer = b""

    def frames(self) -> list[bytes]:
        """Read once; return the payloads that are complete."""
        data = self.sock.recv(1 << 20)
        if not data:
            raise ConnectionError("cut off")
        self.buffer += data
        found = []
        while True:
            if len(self.buffer) < 2:
                return found
            size, start = self.buffer[1], 2
            if size == 126 and len(self.buffer) >= 4:
                size, start = struct.unpack("!H", self.buffer[2:4])[0], 4
            elif size == 127 and len(self.buffer) >= 10:
                size, start = struct.unpack("!Q", self.buffer[2:10])[0], 10
            if (size >= 126 and start == 2) or len(self.buffer) < start + size:
                return found
            found.append(self.buffer[start : start + size])
            self.buffer = self.buffer[start + size :]

    def shake(self) -> None:
        """Wait for the answer to the handshake, then ask for the default namespace."""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.sock.recv(65536)
        assert self.buffer.startswith(b"HTTP/1.1 101"), self.buffer
        self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]
        self.sock.sendall(masked(1, b"40"))

    def join(self) -> None:
        while not any(frame.startswith(b"40") for frame in self.frames()):
            pass


def crowd(port: int, count: int, at_a_time: int = 200) -> list[Client]:
    clients: list[Client] = []
    while len(clients) < count:
        some = [Client(port, len(clients) + i) for i in range(min(at_a_time, count - len(clients)))]
        for client in some:
            client.shake()
        for client in some:
            client.join()
        clients += some
    return clients


def state(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/state", timeout=60) as answer:
        return json.load(answer)


def fanout(port: int, members: int = 500, senders: int = 16, seconds: float = 5) -> dict[str, Any]:
    body = {
        "type": "message",
        "room": "lobby",
        "version": 10**9,
        "message": {"seq": 10**9, "body": "x" * 150, "sent": 0.0},
    }
    clients = crowd(port, members)
    poll = select.epoll()
    by_fd = {client.sock.fileno(): (number, client) for number, client in enumerate(clients)}
    for client in clients:
        client.sock.setblocking(False)
        poll.register(client.sock.fileno(), select.EPOLLIN)

    def send(client: Client) -> None:
        message = body["message"]
        assert isinstance(message, dict)
        message["sent"] = round(time.perf_counter(), 6)
        client.sock.send(emit("say", body, ack=1))

    for client in clients[:senders]:
        send(client)
    before, cpu = state(port)["cpu"], sum(os.times()[:2])
    began = time.perf_counter()
    octets, said, latencies, size = 0, 0, [], 0
    while time.perf_counter() - began < seconds:
        for fd, _ in poll.poll(1):
            number, client = by_fd[fd]
            if senders <= number < members - 1:
                octets += len(client.sock.recv(1 << 20))
                continue
            for frame in client.frames():
                if frame.startswith(b"43"):
                    send(client)
                elif number == members - 1 and frame.startswith(b"42"):
                    said += 1
                    size = len(frame) + 4
                    latencies.append(time.perf_counter() - json.loads(frame[2:])[1]["message"]["sent"])
    took = time.perf_counter() - began
    latencies.sort()
    return {
        "deliveries_a_second": round((octets / size + said * (senders + 1)) / took),
        "messages_a_second": round(said / took),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1000, 2),
        "server_cpu": round((state(port)["cpu"] - before) / took, 2),
        "generator_cpu": round((sum(os.times()[:2]) - cpu) / took, 2),
    }


def idle(port: int, connections: int = 10_000, seconds: float = 5) -> dict[str, Any]:
    crowd(port, 50)
    time.sleep(1)
    before = state(port)
    clients = crowd(port, connections)
    time.sleep(1)
    after = state(port)
    time.sleep(seconds)
    later = state(port)
    assert later["clients"] >= connections, later
    del clients
    return {
        "kB_each": round((after["rss_kb"] - before["rss_kb"]) / connections, 2),
        "cpu_ms_to_connect": round((after["cpu"] - before["cpu"]) * 1000 / connections, 3),
        "cpu_idle": round((later["cpu"] - after["cpu"]) / seconds, 3),
    }


def storm(port: int, connections: int = 500, rounds: int = 10) -> dict[str, Any]:
    before = state(port)
    for _ in range(rounds):
        for number, client in enumerate(crowd(port, connections)):
            if number % 3 == 0:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sock.close()
    time.sleep(1)
    after = state(port)
    return {key: (before[key], after[key]) for key in before if key not in ("gone", "jobs", "cpu")}


if __name__ == "__main__":
    case = {"fanout": fanout, "idle": idle, "storm": storm}[sys.argv[2]]
    options = {key: json.loads(value) for key, value in (each.split("=") for each in sys.argv[3:])}
    print(json.dumps(case(int(sys.argv[1]), **options)))
