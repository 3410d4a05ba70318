// The classic tutorial by the official client: connect with a cookie, say a string, print every `data` as a line of JSON.
// node tutorial.mjs URL COOKIE TRANSPORTS; commands on stdin: {"say": "..."} and {"leave": true}.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, cookie, transports] = process.argv.slice(2);
const tell = (event, data) => console.log(JSON.stringify({ event, data, transport: socket.io.engine?.transport.name }));
const socket = io(url, { extraHeaders: { cookie }, transports: transports.split(","), reconnection: false });

socket.on("connect", () => tell("connect"));
socket.on("connect_error", (error) => tell("connect_error", { message: error.message, data: error.data }));
socket.on("disconnect", (reason) => tell("disconnect", reason));
socket.on("data", (data) => tell("data", data));
socket.io.engine.on("upgrade", (transport) => tell("upgrade", transport.name));

createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  if (command.say !== undefined) socket.emit("message", command.say, (answer) => tell("ack", answer));
  if (command.leave) socket.disconnect();
}).on("close", () => process.exit(0));
