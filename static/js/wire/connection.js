/**
 * The socket: what goes out gets an answer or a rejection, what comes in goes to whoever listens, and the state says how things stand.
 *
 * States: `connecting` (first time), `catching-up` (connected, not yet in step), `live`, `reconnecting`, `offline` (the device says so), `full` (the site),
 * `crowded` (too many tabs of one's own), `signed-out` (for good). Who listens turns `catching-up` into `live`.
 */

import { io } from "socket.io-client";

/** @typedef {"connecting" | "catching-up" | "live" | "reconnecting" | "offline" | "full" | "crowded" | "signed-out"} State */

/** Longest wait for an acknowledgement, milliseconds. */
const PATIENCE = 10_000;
/** Wait before asking again a server that refused for now, milliseconds. */
const PAUSE = 5000;

export class Connection {
  #socket;
  #ondata;
  #onstate;
  /** @type {State} */
  #state = "connecting";

  /**
   * @param {(data: any) => void} ondata told of each `data` event
   * @param {(state: State) => void} onstate told of each change of state
   */
  constructor(ondata, onstate) {
    this.#ondata = ondata;
    this.#onstate = onstate;
    this.#socket = io({
      transports: ["websocket", "polling"], tryAllTransports: true, autoConnect: false,
      reconnectionDelay: 500, reconnectionDelayMax: 5000,
    });
    this.#socket.on("connect", () => this.#become("catching-up"));
    this.#socket.on("data", (data) => this.#heard(data));
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("connect_error", (error) => this.#refused(error));
    addEventListener("offline", () => this.#unplugged());
    addEventListener("online", () => this.#plugged());
  }

  get state() { return this.#state; }
  get isConnected() { return this.#socket.connected; }

  open() { this.#socket.connect(); }

  /** All that was missed is here. */
  inStep() {
    if (this.#state === "catching-up") this.#become("live");
  }

  /**
   * Say something that is answered.
   * @param {string} event
   * @param {unknown} payload
   * @returns {Promise<any>} the acknowledgement; rejects when there is no connection, or no answer in time
   */
  async ask(event, payload) {
    if (!this.#socket.connected) throw new Error("not connected");
    return this.#socket.timeout(PATIENCE).emitWithAck(event, payload);
  }

  /** Say something that may be lost. @param {string} event @param {unknown} payload */
  tell(event, payload) {
    if (this.#socket.connected) this.#socket.volatile.emit(event, payload);
  }

  /** @param {any} data */
  #heard(data) {
    if (data?.type === "signed_out") this.#signedOut();
    this.#ondata(data);
  }

  /** @param {string} reason */
  #lost(reason) {
    if (this.#state === "signed-out") return;
    this.#become(navigator.onLine ? "reconnecting" : "offline");
    if (reason === "io server disconnect") this.#later(); // the client does not come back by itself from this one
  }

  /** @param {Error & { data?: { code?: string }, context?: any }} error */
  #refused(error) {
    if (error.data?.code === "forbidden") return this.#signedOut();
    if (error.data) this.#later();
    const isFull = error.context?.status === 503 || error.data?.code === "full";
    if (isFull) this.#become("full");
    else if (error.data?.code === "rate_limited") this.#become("crowded");
    else if (this.#state !== "connecting") this.#become(navigator.onLine ? "reconnecting" : "offline");
  }

  #signedOut() {
    this.#become("signed-out");
    this.#socket.disconnect();
  }

  #later() {
    setTimeout(() => {
      if (this.#state !== "signed-out") this.#socket.connect();
    }, PAUSE * (0.5 + Math.random()));
  }

  /** The device lost its network: do not wait for a ping to find out. */
  #unplugged() {
    if (this.#state === "signed-out") return;
    this.#socket.io.engine?.close();
    this.#become("offline");
  }

  /** It is back: do not wait for the next try. */
  #plugged() {
    if (this.#state === "signed-out" || this.#socket.connected) return;
    this.#become("reconnecting");
    this.#socket.disconnect();
    this.#socket.connect();
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.#state || this.#state === "signed-out") return;
    this.#state = state;
    this.#onstate(state);
  }
}
