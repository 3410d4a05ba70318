/**
 * A thread beside the log: the panel with its own log and composer. Opening one replaces what the panel showed.
 * Invariant: whoever closes it comes back to the message it hangs under.
 */

import { ReadMark } from "#page/reading.js";
import { given, onAction, slot, uuid } from "#page/dom.js";
import { fill } from "#page/html.js";
import { OpenRoom } from "#page/room.js";
import { fetchPartial } from "#wire/pages.js";

/** @import { Room, ThreadEvent, User } from "#core/payloads.js" */
/** @import { Composer } from "#page/composer.js" */

/**
 * @typedef {object} Ports
 * @property {(open: OpenRoom, frame: HTMLElement) => Composer} equip gives a log its composer and what can be done with its messages
 * @property {(event: "follow" | "thread_read", payload: object) => Promise<any>} ask rejects without a connection
 * @property {() => void} onclose
 * @property {(clientId: string) => Readonly<import("#core/outbox.js").Entry> | undefined} discard gives up what was not sent; returns what it was
 */

/** Fetch a thread into the panel. @param {string} slug @param {number} seq of any of its messages @returns {Promise<string>} why it is not there, or "" */
export async function fetchThread(slug, seq) {
  const partial = await fetchPartial(`/rooms/${encodeURIComponent(slug)}/threads/${seq}/?partial`).catch((error) => error);
  if (typeof partial !== "string") return partial instanceof TypeError ? gettext("Not connected. Try again in a moment.") : gettext("There is no such message.");
  fill(slot("panel"), partial);
  slot("panel").hidden = false;
  return "";
}

export class ThreadPanel {
  #panel = slot("panel");
  #ends = new AbortController();
  #ports;
  #slug;
  /** @type {ReadMark | null} how far one has read; null: one does not follow it */
  #mark = null;

  /** What the panel shows now. @param {Room} room @param {User} me @param {Ports} ports */
  constructor(room, me, ports) {
    this.#ports = ports;
    this.#slug = room.slug;
    this.seq = Number(slot("log", this.#panel).dataset.thread);
    this.open = new OpenRoom(room, me, {
      frame: this.#panel, page: given("thread-data"), thread: this.seq, signal: this.#ends.signal, onsee: (seq) => void this.#mark?.saw(seq), onlost: () => {},
    });
    this.composer = ports.equip(this.open, this.#panel);
    const options = { signal: this.#ends.signal }, { following, read } = slot("log", this.#panel).dataset;
    this.stands({ following: following !== undefined, last_read_seq: Number(read) });
    this.open.look();
    addEventListener("pagehide", () => this.#mark?.say(), options);
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) ports.onclose();
    }, options);
    onAction(this.#panel, {
      follow: own(() => this.#follow()),
      cancel: own(() => this.composer.cancel()),
      "close-panel": own(() => ports.onclose()),
      discard: own((button) => {
        const waiting = /** @type {HTMLElement} */ (button.closest("[data-client-id]"));
        const entry = ports.discard(waiting.dataset.clientId ?? "");
        if (entry) this.composer.restore(entry);
      }),
    }, options);
  }

  /** How one stands to it, from whichever device. @param {Pick<ThreadEvent, "following" | "last_read_seq">} event */
  stands({ following, last_read_seq }) {
    slot("follow", this.#panel).hidden = following;
    slot("unfollow", this.#panel).hidden = !following;
    if (!following) this.#mark = null;
    else if (this.#mark?.heard(last_read_seq)) this.open.unreadAbove(last_read_seq);
    else this.#mark ??= new ReadMark(last_read_seq, {
      say: async (upto) => (await this.#ask("thread_read", { upto }))?.last_read_seq ?? null,
      after: (action, milliseconds) => void setTimeout(action, milliseconds),
    });
  }

  async #follow() {
    const button = slot("follow", this.#panel), on = !button.hidden, had = this.#panel.contains(document.activeElement);
    const now = await this.#ask("follow", { on, client_id: uuid() });
    if (!now) return this.composer.complain(gettext("Not connected. Try again in a moment."));
    this.stands(now);
    if (had) slot(on ? "unfollow" : "follow", this.#panel).focus();
  }

  /** @param {"follow" | "thread_read"} event @param {object} payload @returns {Promise<any>} null: there was no answer, or a refusal */
  async #ask(event, payload) {
    const answer = await this.#ports.ask(event, { room: this.#slug, seq: this.seq, ...payload }).catch(() => null);
    return answer?.ok ? answer : null;
  }

  /** Where one writes, or on a touch screen, where one reads: the keyboard there covers half of it. */
  focus() {
    const target = matchMedia("(pointer: fine)").matches ? "box" : "log";
    slot(target, this.#panel).focus();
  }

  /** Whether the reader is at it. */
  get hasFocus() { return this.#panel.contains(document.activeElement); }

  /** Another takes its place. */
  end() { this.#ends.abort(); }

  close() {
    this.end();
    this.#panel.hidden = true;
    this.#panel.replaceChildren();
    const { pathname } = location, at = pathname.indexOf("/threads/");
    if (at < 0) return; // "back" has closed it
    if (history.state?.thread) history.back();
    else history.replaceState(history.state, "", pathname.slice(0, at + 1)); // it was opened by its address
  }
}

/** Done here, and not by the page around, too. @param {(button: HTMLElement) => void} act @returns {(button: HTMLElement, event: Event) => void} */
const own = (act) => (button, event) => {
  event.stopPropagation();
  act(button);
};
