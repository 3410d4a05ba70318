"""A client in 20 lines: hears all of your rooms, says what you type. python hello.py http://127.0.0.1:8000 sessionid=... [room]"""

import sys
import uuid

import socketio

url, cookie, room = (*sys.argv[1:], "lobby")[:3]
sio = socketio.Client()


@sio.on("data")
def hear(data):
    if data["type"] == "message":
        print(
            f"{data['room']} #{data['message']['seq']} {data['message']['author']['handle']}: {data['message']['body']}",
            flush=True,
        )


sio.connect(url, headers=lambda: {"Cookie": cookie})
for line in sys.stdin:
    answer = sio.call("message", {"room": room, "body": line.rstrip("\n"), "client_id": str(uuid.uuid4())}, timeout=5)
    if not answer["ok"]:
        print(answer["error"]["message"], file=sys.stderr)
