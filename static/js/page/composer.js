/**
 * Where one writes: Enter sends, Shift+Enter breaks the line, a draft a room survives a reload, and others hear that one types.
 * A reply and an edit are written in the same box; the line above it says which, Escape leaves it. Invariant: what was typed is never lost on the way.
 */

import { Drafts } from "#core/drafts.js";
import { slot } from "#page/dom.js";
import { storage } from "#wire/storage.js";

/** @import { Message } from "#core/payloads.js" */
/**
 * @typedef {object} Ports
 * @property {(body: string, reply_to?: number) => void} say
 * @property {(seq: number, body: string) => Promise<string>} edit resolves with why it was refused, or ""
 * @property {() => void} typing
 * @property {() => Message | undefined} last my last message that can be edited
 * @property {(seq: number) => Message | undefined} at
 */

/** Signs of typing go out at most this often, milliseconds. */
const SIGN_EVERY = 3000;

export class Composer {
  #form = /** @type {HTMLFormElement} */ (slot("composer"));
  #box = /** @type {HTMLTextAreaElement} */ (slot("box"));
  #error = slot("composer-error");
  #drafts;
  #room;
  #ports;
  #signed = -Infinity;
  /** @type {Message | null} */
  #replyTo = null;
  /** @type {Message | null} */
  #editing = null;

  /**
   * @param {string} room slug
   * @param {number} me user id: whoever signs in next on this device has drafts of their own
   * @param {Ports} ports
   */
  constructor(room, me, ports) {
    this.#room = room;
    this.#ports = ports;
    this.#drafts = new Drafts(storage, `draft:${me}`);
    this.#resume();
    this.#box.addEventListener("input", () => this.#changed());
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    if (matchMedia("(pointer: fine)").matches && !location.hash) this.#box.focus();
  }

  /** Write this anew. @param {string} body */
  restore(body) {
    this.#box.value = [body, this.#box.value].filter((text) => text.trim()).join("\n");
    this.#changed();
    this.#box.focus();
  }

  /** @param {Message} message */
  reply(message) {
    if (this.#editing) this.cancel();
    this.#replyTo = message;
    this.#changed();
    this.#about();
    this.#box.focus();
  }

  /** @param {Message} message one's own @param {string} [body] what it is to say */
  edit(message, body = message.body) {
    this.#editing = message;
    this.#box.value = body;
    this.#about();
    this.#grow();
    this.#box.focus();
  }

  /** A message was deleted: it is answered and edited no more; what was typed stays. @param {number} seq */
  deleted(seq) {
    if (this.#editing?.seq === seq) {
      const body = this.#box.value;
      this.cancel();
      this.restore(body);
    }
    if (this.#replyTo?.seq !== seq) return;
    this.#replyTo = null;
    this.#changed();
    this.#about();
  }

  /** No reply, no edit: back to the draft. */
  cancel() {
    if (this.#editing) {
      this.#editing = null;
      this.#resume();
    } else {
      this.#replyTo = null;
      this.#changed();
    }
    this.complain("");
    this.#about();
  }

  /** The room is called otherwise now. @param {string} name */
  rename(name) {
    const text = interpolate(gettext("Message %(name)s"), { name }, true);
    this.#box.placeholder = text;
    this.#box.setAttribute("aria-label", text);
  }

  /** @param {boolean} canPost */
  enable(canPost) {
    this.#form.hidden = !canPost;
    slot("closed").hidden = canPost;
    slot("hello").hidden = !canPost;
    this.#about();
  }

  /** Nothing more can be said here. */
  close() {
    this.#form.hidden = true;
    this.#about();
  }

  /** Go on where one left off. */
  #resume() {
    const draft = this.#drafts.get(this.#room);
    this.#box.value = draft?.body ?? "";
    this.#replyTo = (draft?.reply_to && this.#ports.at(draft.reply_to)) || null;
    this.#about();
    this.#grow();
  }

  async #send() {
    const body = this.#box.value, editing = this.#editing, replyTo = this.#replyTo;
    if (!body.trim() || !this.#fits(body)) return;
    if (editing) {
      this.cancel();
      const refusal = body === editing.body ? "" : await this.#ports.edit(editing.seq, body);
      if (!refusal) return;
      this.edit(editing, body);
      return this.complain(refusal);
    }
    this.#box.value = "";
    this.#replyTo = null;
    this.#drafts.clear(this.#room);
    this.#signed = -Infinity;
    this.#about();
    this.#grow();
    this.#ports.say(body, replyTo?.seq);
  }

  #changed() {
    const body = this.#box.value;
    this.#fits(body);
    this.#grow();
    if (this.#editing) return;
    this.#drafts.set(this.#room, { body, ...(this.#replyTo ? { reply_to: this.#replyTo.seq } : {}) });
    if (!body.trim() || Date.now() - this.#signed < SIGN_EVERY) return;
    this.#signed = Date.now();
    this.#ports.typing();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) this.#send();
    else if (event.key === "Escape" && (this.#editing || this.#replyTo)) this.cancel();
    else if (event.key === "ArrowUp" && !this.#box.value) this.#editLast();
    else return;
    event.preventDefault();
  }

  #editLast() {
    const last = this.#ports.last();
    if (last) this.edit(last);
  }

  /** What the box is for, if not a plain message. */
  #about() {
    const about = this.#editing ?? this.#replyTo;
    slot("about").hidden = !about || this.#form.hidden;
    const format = this.#editing ? gettext("Editing your message: %(excerpt)s") : gettext("Replying to %(name)s: %(excerpt)s");
    slot("about-text").textContent = about ? interpolate(format, { name: about.author.name, excerpt: about.body.slice(0, 120) }, true) : "";
  }

  /** Whether the server would take it; if not, says so. @param {string} body */
  #fits(body) {
    const most = Number(this.#form.dataset.max), length = [...body].length;
    this.complain(length <= most ? ""
      : interpolate(gettext("%(length)s characters, at most %(most)s."), { length: length.toLocaleString(), most: most.toLocaleString() }, true));
    return length <= most;
  }

  /** Say what went wrong; "" takes it back. @param {string} text */
  complain(text) {
    if (this.#error.textContent !== text) this.#error.textContent = text;
  }

  /** Where `field-sizing` is unknown the box is made as high as its text. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.rows = Math.min(12, this.#box.value.split("\n").length);
  }
}
