/**
 * The bell of a room: what one is told of there, and whether this device tells it (page/notifying.js).
 * All tabs of a browser talk over one channel; the one that holds the lock speaks for all.
 */

import { Alerts } from "#core/alerts.js";
import { find, load, onAction, slot } from "#page/dom.js";
import { draw, stateOf, toggle } from "#page/notifying.js";

/** @import { Message, Room } from "#core/payloads.js" */
/**
 * @typedef {object} Ports
 * @property {(slug: string) => Readonly<Room> | undefined} room
 * @property {string | null} current slug of the room that is open
 * @property {(involvement: string) => Promise<void>} involve
 * @property {(slug: string) => void} front tell the other devices that the room is in front here
 */

/** Whether one wants to hear it; the settings say so, live. */
const isLoud = () => document.documentElement.dataset.sounds === "on";

/** Characters of a message in a notification. */
const EXCERPT = 200;

/** Other devices are told that a room is in front this often at most, milliseconds: before they alert (core/alerts.js). */
const FRONT_EVERY = 1000;

export class Bell {
  #me;
  #ports;
  #alerts;
  #menu = /** @type {HTMLDetailsElement | null} */ (find("bell"));
  #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("chatsite-front");
  #isSpeaker = !navigator.locks;
  /** @type {Map<string, { notification: Notification, seq: number, thread?: number }>} room -> what is shown of it */
  #shown = new Map();
  /** When the other devices were told last. */
  #told = -Infinity;

  /** @param {number} me user id @param {Ports} ports */
  constructor(me, ports) {
    this.#me = me;
    this.#ports = ports;
    this.#alerts = new Alerts(me, {
      room: ports.room,
      isOn: () => this.#isSpeaker && (stateOf(me) === "on" || isLoud()),
      isFront: (slug) => this.#isFront(slug),
      ask: (slug) => this.#channel?.postMessage({ ask: slug }),
      show: (alert) => this.#show(alert),
      after: (action, milliseconds) => void setTimeout(action, milliseconds),
    });
    this.#channel?.addEventListener("message", ({ data }) => {
      if (data.ask && this.#isFront(data.ask)) this.#channel?.postMessage({ front: data.ask });
      if (data.front) this.#alerts.isElsewhere(data.front);
    });
    navigator.locks?.request("chatsite-speaker", () => new Promise(() => { this.#isSpeaker = true; })).catch(() => {});
    if (this.#menu) this.#listen(this.#menu);
  }

  /** @param {HTMLDetailsElement} menu */
  #listen(menu) {
    onAction(menu, {
      involve: (button) => {
        this.#close();
        this.#ports.involve(button.getAttribute("value") ?? "");
      },
      notify: () => this.#toggle(),
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.open) this.#close();
    });
    document.addEventListener("click", ({ target }) => {
      if (menu.open && target instanceof Node && !menu.contains(target)) menu.open = false;
    });
    menu.addEventListener("toggle", () => this.#draw());
    this.#draw();
  }

  /** A message came that was not there before. @param {string} slug @param {Message} message */
  heard(slug, message) {
    this.#alerts.heard(slug, message);
    const room = this.#ports.room(slug), isSeen = message.thread || message.author.id === this.#me || (room && room.last_read_seq >= message.seq);
    if (isSeen || !this.#isFront(slug) || performance.now() - this.#told < FRONT_EVERY) return;
    this.#told = performance.now();
    this.#ports.front(slug);
  }

  /** The room is in front on another device. @param {string} slug */
  elsewhere(slug) { this.#alerts.isElsewhere(slug); }

  /** The room is as it is now: what it says is drawn, and what was shown of it and is read now is taken away. @param {Readonly<Room>} room */
  changed({ slug, involvement, last_read_seq, threads }) {
    const shown = this.#shown.get(slug), thread = shown?.thread;
    const isRead = thread ? !threads.some((each) => each.seq === thread && each.last_read_seq < shown.seq) : shown && shown.seq <= last_read_seq;
    if (shown && isRead) {
      shown.notification.close();
      this.#shown.delete(slug);
    }
    if (!this.#menu || slug !== this.#ports.current) return;
    this.#menu.dataset.involvement = involvement;
    for (const button of this.#menu.querySelectorAll("[name=involvement]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("value") === involvement));
    }
  }

  async #toggle() {
    const state = await toggle(this.#me);
    this.#draw();
    if (state !== "blocked") this.#close();
  }

  #draw() { draw(slot("device"), stateOf(this.#me)); }

  #close() {
    if (!this.#menu) return;
    this.#menu.open = false;
    this.#menu.querySelector("summary")?.focus();
  }

  /** @param {string} slug */
  #isFront(slug) { return slug === this.#ports.current && document.visibilityState === "visible" && document.hasFocus(); }

  /** @param {{ room: Readonly<Room>, message: Message }} alert */
  #show({ room, message }) {
    if (isLoud()) load(() => import("#page/sound.js")).then((module) => module?.chime());
    if (stateOf(this.#me) !== "on") return;
    const { name } = message.author;
    const title = room.people?.length === 1 ? name : interpolate(gettext("%(name)s in %(room)s"), { name, room: room.name }, true);
    const options = { body: [...message.body].slice(0, EXCERPT).join(""), tag: `room:${room.slug}`, renotify: true };
    try {
      const notification = new Notification(title, options);
      this.#shown.set(room.slug, { notification, seq: message.seq, thread: message.thread });
      notification.addEventListener("click", () => this.#open(room.slug, message));
    } catch { /* Android lets only a service worker show one */ }
  }

  /** @param {string} slug @param {Message} message */
  #open(slug, { seq, thread }) {
    window.focus();
    this.#shown.get(slug)?.notification.close();
    this.#shown.delete(slug);
    const hash = `#${seq}`;
    if (slug !== this.#ports.current) location.assign(`/rooms/${encodeURIComponent(slug)}/${thread ? `threads/${thread}/` : ""}${hash}`);
    else if (location.hash === hash) dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = hash;
  }
}
