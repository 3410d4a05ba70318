/**
 * The room that is open: joins its log (what is true) to the view (what is drawn) and to where the reader is.
 * Invariant: the DOM holds at most about MOST messages, whichever way one scrolls; new ones are drawn only where the end is.
 */

import { RoomLog } from "#core/timeline.js";
import { LogView } from "#page/log.js";
import { Scroll } from "#page/scroll.js";
import { fetchPage } from "#wire/pages.js";
import { given, onAction, slot } from "#page/dom.js";

/** @import { Message, MessageEvent, NoticeEvent, Room, SyncResult, User } from "#core/payloads.js" */
/** @import { Change } from "#core/outbox.js" */

/** Messages in the DOM. */
const MOST = 200;
/** How long a message that was jumped to stands out, milliseconds. */
const FOUND = 2500;

export class OpenRoom {
  #me;
  #onsee;
  #pill = slot("pill");
  /** The latest message when the reader was last at the end, or came. */
  #left;
  /** @type {Set<number>} seqs of messages by others since then */
  #fresh = new Set();
  #isPaging = false;

  /**
   * @param {Room} room as the server drew it
   * @param {User} me
   * @param {(seq: number) => void} onsee told of the last message in view, when the page is in front
   */
  constructor(room, me, onsee) {
    this.slug = room.slug;
    this.#left = room.last_seq;
    this.#me = me;
    this.#onsee = onsee;
    const element = slot("log"), { hasBefore, hasAfter, version } = element.dataset;
    this.log = new RoomLog(room.slug, {
      version: Number(version), messages: given("log-data"), has_before: hasBefore !== undefined, has_after: hasAfter !== undefined,
    });
    this.view = new LogView(element, this.log, me);
    this.scroll = new Scroll(element, () => this.#moved());
    onAction(this.#pill, { jump: () => this.toEnd() });
    addEventListener("hashchange", () => this.#toHash());
    addEventListener("focus", () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
    new ResizeObserver(() => this.#moved()).observe(element);
    if (this.view.newLine && !location.hash) this.scroll.to(this.view.newLine);
    else this.#toHash();
    requestAnimationFrame(() => this.#moved());
  }

  /** A live event of this room, or the answer to an own post. @param {Pick<MessageEvent, "version" | "message">} event */
  apply({ version, message }) {
    const { status, upserted } = this.log.apply({ room: this.slug, version, message });
    this.#count([message]);
    if (upserted.length) this.#draw(upserted);
    this.#moved();
    return status;
  }

  /** The room's answer to `sync`. @param {SyncResult} result @param {number} since */
  merge(result, since) {
    const { status, upserted, removed } = this.log.merge(result, since);
    this.#count(result.messages);
    if (status === "reset") this.scroll.keep(() => this.view.redraw());
    else this.#draw(upserted, removed);
    this.#moved();
  }

  /** Something in the outbox changed. @param {Change} change */
  outbox(change) {
    this.scroll.keep(() => {
      if (change.type === "discarded") this.view.erasePending(change.entry.client_id);
      else if (change.type !== "settled") this.view.drawPending(change.entry);
      else if (!this.log.messages.has(change.message.seq)) this.view.erasePending(change.entry.client_id);
    });
  }

  /** @param {NoticeEvent} event */
  notice(event) {
    if (event.user.id !== this.#me.id) this.scroll.keep(() => this.view.notice(event));
  }

  /** What it is called and about. @param {Room} room */
  rename({ name, topic }) {
    slot("room-name").textContent = name;
    slot("room-topic").textContent = topic;
    slot("begins").textContent = interpolate(gettext("This is where %(name)s begins"), { name }, true);
    this.view.element.setAttribute("aria-label", interpolate(gettext("Messages in %(name)s"), { name }, true));
  }

  /** To the latest message. */
  async toEnd() {
    if (!this.log.isLive) await this.#replace({});
    this.scroll.toEnd();
    this.#moved();
  }

  /** To a message by its number. @param {number} seq */
  async to(seq) {
    if (!this.view.get(seq)) await this.#replace({ around: seq });
    const element = this.view.get(seq);
    if (!element) return;
    this.scroll.to(element);
    element.focus({ preventScroll: true });
    element.dataset.found = "";
    setTimeout(() => delete element.dataset.found, FOUND);
    this.#moved();
  }

  /** What of it is news to who reads above; an edit of something old is none. @param {Message[]} messages */
  #count(messages) {
    for (const { seq, author, deleted } of messages) {
      if (deleted) this.#fresh.delete(seq);
      else if (seq > this.#left && author.id !== this.#me.id) this.#fresh.add(seq);
    }
  }

  #toHash() {
    const seq = Number(/^#(\d{1,9})$/.exec(location.hash)?.[1]);
    if (seq) this.to(seq);
    else if (location.hash === "#end") this.toEnd();
  }

  /** @param {Message[]} upserted @param {Message[]} [removed] */
  #draw(upserted, removed = []) {
    const follows = this.scroll.isAtEnd && this.log.isLive;
    this.scroll.keep(() => {
      this.view.draw(upserted, removed);
      if (follows || this.log.messages.size > 2 * MOST) this.view.draw([], this.log.trim(MOST, follows));
    }, follows);
  }

  /** The reader moved, or the log did: fetch what comes near, say what is seen, show the way back. */
  #moved() {
    if (this.log.isLive && this.scroll.isAtEnd) {
      this.#left = Math.max(this.#left, this.log.last);
      this.#fresh.clear();
    }
    this.#drawPill();
    this.look();
    if (this.log.hasBefore && this.scroll.isNearStart) this.#page("older");
    else if (this.log.hasAfter && this.scroll.isNearEnd) this.#page("newer");
  }

  /** @param {"older" | "newer"} direction */
  async #page(direction) {
    if (this.#isPaging) return;
    this.#isPaging = true;
    const cursor = direction === "older" ? this.log.first : this.log.last;
    const page = await fetchPage(this.slug, direction === "older" ? { before: cursor } : { after: cursor }).catch(() => null);
    if (page) {
      const { status, upserted, removed } = this.log.page(page, direction, cursor);
      if (status !== "stale") {
        this.scroll.keep(() => {
          this.view.draw(upserted, removed);
          this.view.draw([], this.log.trim(MOST, direction === "newer"));
        }, false);
      }
    }
    this.#isPaging = false;
    if (page?.messages.length) this.#moved();
  }

  /** Fetch another window of the log. @param {{ around?: number }} where */
  async #replace(where) {
    const page = await fetchPage(this.slug, where).catch(() => null);
    if (page && this.log.page(page, "around").status === "replaced") this.view.redraw();
  }

  #drawPill() {
    const isAway = !this.scroll.isAtEnd || !this.log.isLive, count = this.#fresh.size;
    this.#pill.hidden = !isAway || !(count || !this.scroll.isNearEnd || !this.log.isLive);
    const text = count
      ? interpolate(ngettext("%(count)s new message", "%(count)s new messages", count), { count }, true)
      : gettext("Jump to latest");
    if (this.#pill.textContent !== text) this.#pill.textContent = text;
  }

  /** What is in view of a page in front is read. */
  look() {
    if (document.visibilityState !== "visible" || !document.hasFocus()) return;
    if (this.scroll.isAtEnd && this.log.isLive) return this.#onsee(this.log.last);
    const last = this.scroll.visible().at(-1)?.dataset.seq;
    if (last) this.#onsee(Number(last));
  }
}
