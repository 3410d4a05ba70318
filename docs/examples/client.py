"""A whole client: shows what is said in your rooms, says what you type. python client.py http://127.0.0.1:8000 sessionid=... [room]"""

import sys
import threading
import time
import uuid

import socketio

url, cookie, room = (*sys.argv[1:], "lobby")[:3]
sio = socketio.Client()
lock = threading.Lock()  # python-socketio handles each event in a thread of its own
versions = {}  # of each room: up to where we have everything


def show(slug, message):
    if message["version"] > versions[slug]:  # not seen already
        versions[slug] = message["version"]
        print(f"{slug} #{message['seq']} {message['author']['handle']}: {message['body'] or '(deleted)'}", flush=True)


def sync():
    answers = sio.call("sync", {"rooms": versions}, timeout=5).get("rooms", {})
    for slug, answer in answers.items():
        for message in answer.get("messages", ()):
            show(slug, message)
        versions[slug] = answer.get("version", 0)
    if any(answer.get("more") for answer in answers.values()):
        sync()


@sio.on("data")
def on_data(data):
    with lock:
        match data:
            case {"type": "hello", "rooms": rooms}:
                for each in rooms:
                    versions.setdefault(each["slug"], each["version"])
                sync()
            case {"type": "room", "room": slug, "version": version}:  # we came into a room, or it was changed
                versions.setdefault(slug, version)
                sync()
            case {"type": "message", "room": slug, "version": version} if version > versions.get(slug, 0) + 1:
                sync()  # something is missing
            case {"type": "message", "room": slug, "message": message}:
                show(slug, message)
            case {"type": "join" | "leave", "room": slug, "user": user}:
                print(f"{slug} {data['type']}: {user['handle']}", flush=True)


def say(draft):
    try:
        error = sio.call("message", draft, timeout=5).get("error", {})
    except socketio.exceptions.SocketIOError:  # cut off: sio reconnects by itself
        error = {"code": "cut_off"}
    if error.get("code") == "cut_off" or "retry_after" in error:
        time.sleep(error.get("retry_after", 1))
        say(draft)  # the same client_id however often it is sent: stored once
    elif error:
        print(error["message"], file=sys.stderr)


sio.connect(url, headers=lambda: {"Cookie": cookie})  # a function: of a mere dict python-engineio forgets the cookie
for line in sys.stdin:
    say({"room": room, "body": line, "client_id": str(uuid.uuid4())})
sio.wait()
