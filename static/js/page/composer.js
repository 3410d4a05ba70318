/**
 * Where one writes: Enter sends, Shift+Enter breaks the line (or the other way round, by preference), a draft a room survives a reload, and others hear that one types.
 * A reply and an edit are written in the same box; the line above it says which, Escape leaves it. Invariant: what was typed is never lost on the way, be it a
 * message or an edit, which each wait while the other is written. A room has one draft, in whichever tab.
 */

import { Drafts } from "#core/drafts.js";
import { mayPost } from "#core/unread.js";
import { announce, load, onAction, slot } from "#page/dom.js";
import { language } from "#page/times.js";
import { storage } from "#wire/storage.js";

/** @import { Message, Room, Sent } from "#core/payloads.js" */
/** @import { Known } from "#core/drafts.js" */
/** @typedef {{ body: string, reply_to?: number, attachments?: Sent[] }} Said */
/**
 * @typedef {object} Ports
 * @property {(said: Said) => void} say
 * @property {(seq: number, body: string) => Promise<string>} edit resolves with why it was refused, or ""
 * @property {() => void} typing
 * @property {() => Message | undefined} last my last message that can be edited
 * @property {(seq: number) => Message | undefined} at
 */

/** What Safari says of the Enter that takes a word of an input method, when it is over for all others. */
const COMPOSING = 229;
const pause = () => load(() => import("#page/pause.js"));

/** Signs of typing go out at most this often, milliseconds. */
const SIGN_EVERY = 3000;

export class Composer {
  #frame;
  #form;
  #box;
  #error;
  #drafts;
  #room;
  #ports;
  #signed = -Infinity;
  /** What the draft says, as far as this tab knows. */
  #draft = "";
  /** @type {Known | null} */
  #replyTo = null;
  /** @type {Known | null} */
  #editing = null;
  /** The button that attaches files. */
  #input;
  /** @type {import("#page/tray.js").Tray | null} the files that go along; loaded when there are some */
  #tray = null;
  /** @type {Promise<import("#page/tray.js").Tray | null> | null} */
  #loading = null;
  /** Files that were chosen, and are not in the tray yet. @type {Promise<unknown> | null} */
  #coming = null;
  /** @type {Room | null} as it stands */
  #stands = null;
  /** Until when slow mode has one wait, milliseconds since the epoch. */
  #waitsUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tick;

  /**
   * @param {string} room slug; what its draft is kept under
   * @param {number} me user id: whoever signs in next on this device has drafts of their own
   * @param {Ports} ports
   * @param {ParentNode} [frame] where its parts are
   */
  constructor(room, me, ports, frame = document) {
    this.#frame = frame;
    this.#form = /** @type {HTMLFormElement} */ (slot("composer", frame));
    this.#box = /** @type {HTMLTextAreaElement} */ (slot("box", frame));
    this.#error = slot("composer-error", frame);
    this.#input = /** @type {HTMLInputElement} */ (slot("files", frame));
    this.#waitsUntil = Date.now() + 1000 * Number(this.#form.dataset.wait);
    this.#room = room;
    this.#ports = ports;
    this.#drafts = new Drafts(storage, `draft:${me}`);
    const typed = this.#box.value; // before this was here
    this.#resume();
    if (typed.trim() && typed !== this.#box.value) {
      this.#box.value = [this.#box.value, typed].filter((text) => text.trim()).join("\n");
      this.#changed();
    }
    this.#editOn();
    this.#box.addEventListener("input", () => this.#changed());
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    addEventListener("storage", ({ key, newValue }) => { // another tab writes here, or has sent it
      if (key !== this.#drafts.keyOf(room) || !this.#box.isConnected || this.#editing || this.#box.value !== this.#draft) return;
      if (!newValue) this.#tray?.take();
      this.#resume();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    const writing = load(() => import("#page/writing.js")).then((module) => module?.enrich(this.#form));
    onAction(this.#form, { // also when pressed before that is there
      emoji: async (button) => (await writing)?.emoji(button),
      preview: async () => (await writing)?.preview(),
    });
    this.#receive(this.#drafts.get(room)?.attachments);
    if (matchMedia("(pointer: fine)").matches && !location.hash) this.#box.focus();
  }

  /** Write this anew; behind an edit it waits. @param {Readonly<Said>} said */
  restore({ body, attachments = [] }) {
    const both = (/** @type {string} */ other) => [body, other].filter((text) => text.trim()).join("\n");
    if (this.#editing) {
      const draft = this.#drafts.get(this.#room);
      this.#drafts.set(this.#room, { ...draft, body: both(draft?.body ?? "") });
    } else this.#box.value = both(this.#box.value);
    this.#restoreFiles(attachments);
    this.#changed();
    this.#box.focus();
  }

  /** @param {Sent[]} files */
  async #restoreFiles(files) {
    if (files.length) await (await this.#withTray())?.restore(files);
    if (this.#editing) this.#tray?.hide(true);
  }

  /** Take files by the button, by pasting and by dropping. @param {Sent[]} [kept] that were chosen before */
  #receive(kept = []) {
    const into = /** @type {HTMLElement} */ (this.#form.closest("main, aside") ?? this.#form);
    const dropped = (/** @type {DragEvent} */ { dataTransfer }) => (!this.#tray && !this.#form.hidden && this.#form.isConnected && dataTransfer?.types.includes("Files") ? [...dataTransfer.files] : null);
    if (kept.length) this.#coming = this.#restoreFiles(kept);
    for (const type of ["pointerenter", "input"]) this.#form.addEventListener(type, () => void import("#page/tray.js").catch(() => {}), { once: true }); // at hand when the network goes
    this.#input.addEventListener("change", () => (this.#coming = this.#withTray()));
    this.#form.addEventListener("paste", (event) => this.#pasted(event));
    into.addEventListener("dragenter", (event) => void (dropped(event) && this.#withTray(true)));
    for (const type of /** @type {const} */ (["dragover", "drop"])) { // the tray does this, once it is there
      into.addEventListener(type, (event) => {
        const files = dropped(event);
        if (!files) return;
        event.preventDefault();
        if (type === "drop") this.#take(files);
      });
    }
  }

  /** @param {boolean} [isDragged] whether something is held over it @returns {Promise<import("#page/tray.js").Tray | null>} null: no connection */
  #withTray(isDragged = false) {
    return this.#loading ??= load(() => import("#page/tray.js")).then((module) => {
      if (!module) return this.#loading = null; // `load` has said why
      return this.#tray = new module.Tray(this.#form, { onchange: () => this.#changed(), complain: (text) => this.complain(text) }, isDragged);
    });
  }

  /** @param {File[]} files */
  #take(files) { this.#coming = this.#withTray().then((tray) => tray?.add(files)); }

  /** Files go along; so does text that is too long for a message. @param {ClipboardEvent} event */
  #pasted(event) {
    const { files, types } = event.clipboardData ?? {}, text = event.clipboardData?.getData("text/plain") ?? "";
    const most = Number(this.#form.dataset.max), isLong = text.length > most && [...text].length > most;
    if (this.#editing || (!isLong && (!files?.length || types?.includes("text/plain")))) return; // a table has its picture with it; the words are meant
    const given = isLong ? [new File([text], `${gettext("Pasted text")}.txt`, { type: "text/plain" })] : [...files ?? []];
    event.preventDefault();
    if (isLong) announce(gettext("Pasted as a file: it is too long for a message."));
    this.#take(given);
  }

  /** @param {Message} message */
  reply(message) {
    if (this.#editing) this.cancel();
    this.#replyTo = known(message);
    this.#changed();
    this.#about();
    this.#box.focus();
  }

  /** @param {Message} message one's own */
  edit(message) {
    this.#edit(known(message), message.body);
    this.#box.focus();
  }

  /** @param {Known} message @param {string} body what it is to say */
  #edit(message, body) {
    this.#editing = message;
    this.#input.disabled = true;
    this.#tray?.hide(true);
    this.#box.value = body;
    this.#about();
    this.#changed();
  }

  /** Go on with an edit that a reload broke off; of what is deleted since, the words are left. */
  #editOn() {
    const { editing } = this.#drafts.get(this.#room) ?? {};
    if (!editing) return;
    this.#edit(editing.message, editing.body);
    if (this.#ports.at(editing.message.seq)?.deleted) this.deleted(editing.message.seq);
  }

  /** A message was deleted: it is answered and edited no more; what was typed stays. @param {number} seq */
  deleted(seq) {
    if (this.#editing?.seq === seq) {
      const body = this.#box.value;
      this.cancel();
      this.restore({ body });
    }
    if (this.#replyTo?.seq !== seq) return;
    this.#replyTo = null;
    this.#changed();
    this.#about();
  }

  /** No reply, no edit: back to the draft. */
  cancel() {
    if (this.#editing) {
      const { editing, ...draft } = this.#drafts.get(this.#room) ?? { body: "" };
      this.#editing = null;
      this.#drafts.set(this.#room, draft);
      this.#input.disabled = false;
      this.#tray?.hide(false);
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

  /** What one may do here now. @param {Room} room */
  enable(room) {
    const isMuted = room.can_post && !mayPost(room);
    this.#stands = room;
    this.#form.hidden = !mayPost(room);
    slot("closed", this.#frame).hidden = room.can_post;
    slot("muted", this.#frame).hidden = !isMuted;
    this.#slow(room);
    this.#about();
    clearTimeout(this.#timer);
    if (isMuted) this.#saysMuted(room);
  }

  /** @param {Room} room */
  async #saysMuted(room) {
    const module = await pause(), { muted } = room;
    if (!module || !muted || this.#stands !== room) return;
    module.drawMute(slot("muted", this.#frame), muted);
    this.#timer = module.after(muted.until, () => this.enable(room));
  }

  /** One has just said something: in slow mode one waits. */
  waits() {
    this.#waitsUntil = Date.now() + 1000 * (this.#stands?.slow_mode ?? 0);
    if (this.#stands) this.#slow(this.#stands);
  }

  /** @param {Room} room */
  async #slow(room) {
    const line = slot("slow", this.#frame), isSlow = room.slow_mode > 0 && room.role === "member" && !this.#form.hidden;
    line.hidden = !isSlow;
    clearTimeout(this.#tick);
    const module = isSlow && await pause();
    if (module && this.#stands === room && module.drawWait(line, room.slow_mode, this.#waitsUntil)) {
      clearTimeout(this.#tick);
      this.#tick = setTimeout(() => this.#slow(room), 1000);
    }
  }

  /** Whether slow mode has one wait. */
  get #isEarly() {
    const { slow_mode = 0, role = "member" } = this.#stands ?? {};
    return slow_mode > 0 && role === "member" && Date.now() < this.#waitsUntil;
  }

  /** Nothing more can be said here. */
  close() {
    this.#form.hidden = true;
    this.#about();
  }

  /** Go on where one left off. */
  #resume() {
    const draft = this.#drafts.get(this.#room), quoted = draft?.quoted ?? null;
    this.#box.value = this.#draft = draft?.body ?? "";
    this.#replyTo = quoted && this.#ports.at(quoted.seq)?.deleted ? null : quoted;
    this.#about();
    this.#grow();
  }

  async #send() {
    if (this.#coming) await this.#coming;
    const body = this.#box.value, editing = this.#editing, replyTo = this.#replyTo;
    const saysNothing = !body.trim() && !(editing ? editing.attachments : this.#tray?.files.length);
    if (saysNothing || !this.#fits(body)) return;
    if (!editing && this.#isEarly) return this.complain(gettext("Slow mode: wait a moment."));
    if (editing) {
      this.cancel();
      const refusal = body === editing.body ? "" : await this.#ports.edit(editing.seq, body);
      if (!refusal) return;
      this.#edit(editing, body);
      this.#box.focus();
      return this.complain(refusal);
    }
    this.#box.value = this.#draft = "";
    this.#replyTo = null;
    this.#drafts.clear(this.#room);
    this.#signed = -Infinity;
    this.#about();
    this.#grow();
    this.#ports.say({ body, reply_to: replyTo?.seq, attachments: this.#tray?.take() });
  }

  #changed() {
    const body = this.#box.value;
    this.#fits(body);
    this.#grow();
    this.#keep(body);
    if (this.#editing || !body.trim() || Date.now() - this.#signed < SIGN_EVERY) return;
    this.#signed = Date.now();
    this.#ports.typing();
  }

  /** @param {string} body */
  #keep(body) {
    const draft = this.#drafts.get(this.#room), attachments = this.#tray ? this.#tray.files : draft?.attachments;
    const message = this.#editing, editing = message && message.body !== body ? { message, body } : undefined;
    const said = message ? { ...draft, body: draft?.body ?? "" } : { body, quoted: this.#replyTo ?? undefined };
    if (!message) this.#draft = body;
    this.#drafts.set(this.#room, { ...said, editing, attachments: attachments?.length ? attachments : undefined });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing || event.keyCode === COMPOSING || event.altKey) return;
    if (event.key === "Enter" && sends(event)) this.#send();
    else if (event.key === "Escape" && !event.shiftKey && (this.#editing || this.#replyTo)) this.cancel();
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
    slot("about", this.#frame).hidden = !about || this.#form.hidden;
    const format = this.#editing ? gettext("Editing your message: %(excerpt)s") : gettext("Replying to %(name)s: %(excerpt)s");
    slot("about-text", this.#frame).textContent = about ? interpolate(format, { name: about.name, excerpt: about.body.slice(0, 120) }, true) : "";
  }

  /** Whether the server would take it; if not, says so. @param {string} body */
  #fits(body) {
    const most = Number(this.#form.dataset.max), length = [...body].length;
    this.complain(length <= most ? ""
      : interpolate(gettext("%(length)s characters, at most %(most)s."), { length: length.toLocaleString(language), most: most.toLocaleString(language) }, true));
    return length <= most;
  }

  /** Say what went wrong; "" takes it back. @param {string} text */
  complain(text) {
    if (this.#error.textContent !== text) this.#error.textContent = text;
  }

  /** What was sent waits; "" when it goes on. @param {string} reason */
  wait(reason) {
    this.complain(reason && `${reason[0].toUpperCase()}${reason.slice(1)}.`);
  }

  /** Where `field-sizing` is unknown the box is made as high as its text. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.rows = Math.min(12, this.#box.value.split("\n").length);
  }
}

/** @param {Message} message @returns {Known} */
const known = ({ seq, body, author, attachments }) => ({ seq, body, name: author.name, attachments: Boolean(attachments) });

/** Whether Enter sends, by preference with or without Shift; with Ctrl always. @param {KeyboardEvent} event */
const sends = ({ shiftKey, ctrlKey, metaKey }) => ctrlKey || metaKey || shiftKey === (document.documentElement.dataset.enter === "breaks");
