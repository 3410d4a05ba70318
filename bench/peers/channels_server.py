"""Django Channels on uvicorn, with the ORM: a consumer as its tutorial writes it, asynchronous, on the in-memory layer.

Better than the tutorial in one point: the text of a broadcast is made once, not once a member. `python channels_server.py PORT` with BENCH_DATABASE.
"""

import json
import os
import re
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "board.settings")
django.setup()

import uvicorn  # noqa: E402
from board.models import make_table, store  # noqa: E402
from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402


class Chat(AsyncWebsocketConsumer):
    """One connected client."""

    async def connect(self) -> None:
        """Let everybody in, into the room that the cookie names."""
        self.room = re.search(rb"room=([\w-]+)", dict(self.scope["headers"])[b"cookie"])[1].decode()
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()
        await self.send(compact({"type": "ready"}))

    async def disconnect(self, code: int) -> None:
        """Leave the room."""
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Store, broadcast, acknowledge."""
        said = json.loads(text_data)
        number = await database_sync_to_async(store)(said["room"], said["body"], said["client_id"])
        if number is not None:
            text = compact({"type": "message", "body": said["body"], "id": number})
            await self.channel_layer.group_send(said["room"], {"type": "deliver", "text": text})
        await self.send(compact({"type": "ack", "id": said["id"]}))

    async def deliver(self, event: dict[str, str]) -> None:
        """A message for the room."""
        await self.send(event["text"])


def compact(data: dict[str, object]) -> str:
    """JSON without spaces."""
    return json.dumps(data, separators=(",", ":"))


if __name__ == "__main__":
    make_table()
    app = ProtocolTypeRouter({"websocket": Chat.as_asgi()})
    uvicorn.run(
        app, port=int(sys.argv[1]), log_level="warning", access_log=False, ws_per_message_deflate=False, backlog=4096
    )
