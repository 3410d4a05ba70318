// The official client against the engine: `node official.mjs URL CASE` prints what it found, as JSON.
import { io } from "socket.io-client";

const [url, which] = process.argv.slice(2);
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
const options = { reconnection: false, forceNew: true };

const cases = {
  async upgrade() {
    const transports = [];
    const socket = io(url, options);
    const said = [];
    socket.on("said", (value) => said.push(value));
    transports.push(socket.io.engine.transport.name);
    const upgraded = once(socket.io.engine, "upgrade").then((transport) => transports.push(transport.name));
    await once(socket, "connect");
    const acks = [];
    for (let n = 0; n < 300; n++) {
      // Before, during and after the move.
      socket.emit("say", n, () => acks.push(n));
      if (n % 30 === 29) await socket.emitWithAck("echo", n);
    }
    await upgraded;
    await socket.emitWithAck("echo", "fence");
    return { transports, acks, said };
  },

  async polling() {
    const socket = io(url, { ...options, transports: ["polling"] });
    const said = [];
    socket.on("said", (value) => said.push(value));
    await once(socket, "connect");
    for (let n = 0; n < 50; n++) socket.emit("say", n);
    const binary = await socket.emitWithAck("echo", Buffer.from([0, 255]));
    const transport = socket.io.engine.transport.name;
    const gone = once(socket, "disconnect");
    socket.emit("leave_me");
    const left = (await gone) === "io server disconnect";
    socket.connect();
    await once(socket, "connect");
    return { transport, said, binary: binary.toString("hex"), left, back: socket.connected };
  },

  async refused() {
    const error = async (socket) => {
      const { message, data } = await once(socket, "connect_error");
      return { message, data };
    };
    return {
      refused: await error(io(url, { ...options, auth: { refuse: true } })),
      namespace: await error(io(`${url}/elsewhere`, options)),
      failed: await error(io(url, { ...options, auth: { fail: true } })),
    };
  },
};

console.log(JSON.stringify(await cases[which]()));
process.exit(0);
