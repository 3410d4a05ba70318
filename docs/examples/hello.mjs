// A client in 20 lines: hears all of your rooms, says what you type, and fetches what it missed. node hello.mjs http://127.0.0.1:8000 sessionid=... [room]
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, cookie, room = "lobby"] = process.argv.slice(2);
const socket = io(url, { extraHeaders: { Cookie: cookie }, retries: Infinity, ackTimeout: 5000 }); // sent until acknowledged
const versions = {}; // of each room: up to where we have everything
const show = (slug, { seq, version, author, body }) => {
  if (version <= versions[slug]) return; // seen already
  versions[slug] = version;
  console.log(`${slug} #${seq} ${author.handle}: ${body}`);
};
const sync = () => socket.emit("sync", { rooms: versions }, (_, answer) =>
  Object.entries(answer.rooms ?? {}).forEach(([slug, { messages = [] }]) => messages.forEach((message) => show(slug, message))));
socket.on("data", ({ type, room, version, rooms, message }) => {
  if (type === "hello") rooms.forEach(({ slug, version }) => (versions[slug] ??= version));
  if (type === "hello" || version > versions[room] + 1) return sync(); // after each connection, and at a gap
  if (type === "message") show(room, message);
});
createInterface({ input: process.stdin }).on("line", (body) => socket.emit("message", { room, body, client_id: randomUUID() }, () => {}));
