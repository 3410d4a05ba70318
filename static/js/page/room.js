/**
 * The room that is open, or a thread of it: joins its log (what is true) to the view (what is drawn) and to where the reader is.
 * Invariant: the DOM holds at most about MOST messages, whichever way one scrolls; new ones are drawn only where the end is.
 */

import { RoomLog } from "#core/timeline.js";
import { LogView } from "#page/log.js";
import { Scroll } from "#page/scroll.js";
import { fetchPage } from "#wire/pages.js";
import { load, onAction, slot } from "#page/dom.js";

/** @import { Message, MessageEvent, NoticeEvent, Room, SyncResult, User } from "#core/payloads.js" */
/** @import { Change } from "#core/outbox.js" */

/**
 * @typedef {object} Ports
 * @property {ParentNode} [frame] where its parts are; the whole page if not said
 * @property {Message[]} page what the server drew
 * @property {number} [thread] seq of the root: the log of that thread
 * @property {AbortSignal} [signal] ends it
 * @property {(seq: number, log: RoomLog) => void} onsee told of the last message in view, when the page is in front
 * @property {() => number | undefined} [readTo] how far the reader has read it, by the server
 * @property {(seq: number) => void} onlost told of a number that is to be shown, and is not in this log
 */

/** Messages in the DOM. */
const MOST = 200;
/** How long a message that was jumped to stands out, milliseconds. */
const FOUND = 2500;

export class OpenRoom {
  #me;
  #ports;
  #pill;
  /** The latest message when the reader was last at the end, or came. */
  #left;
  /** The latest message that was told to who hears the page. */
  #told;
  /** @type {Set<number>} seqs of messages by others since then */
  #fresh = new Set();
  #isPaging = false;

  /**
   * @param {Room} room as the server drew it
   * @param {User} me
   * @param {Ports} ports
   */
  constructor(room, me, ports) {
    const { frame, page, thread, signal } = ports;
    this.slug = room.slug;
    this.#me = me;
    this.#ports = ports;
    this.#pill = slot("pill", frame);
    const element = slot("log", frame), { hasBefore, hasAfter, version } = element.dataset;
    this.log = new RoomLog(room.slug, {
      version: Number(version), messages: page, has_before: hasBefore !== undefined, has_after: hasAfter !== undefined,
    }, thread);
    this.#told = this.#left = thread ? this.log.last : room.last_seq;
    this.view = new LogView(element, this.log, me);
    this.scroll = new Scroll(element, () => this.#moved());
    load(() => import("#page/body.js")).then((module) => module?.dress(element));
    onAction(this.#pill, { jump: () => this.toEnd() });
    addEventListener("hashchange", ({ isTrusted }) => this.#toHash(isTrusted && history.state?.at), { signal });
    element.addEventListener("click", (event) => this.#follow(event));
    addEventListener("focus", () => this.look(), { signal });
    document.addEventListener("visibilitychange", () => this.look(), { signal });
    const sizes = new ResizeObserver(() => this.#moved());
    sizes.observe(element);
    signal?.addEventListener("abort", () => sizes.disconnect());
    if (this.view.newLine && !location.hash) this.scroll.to(this.view.newLine, true);
    else this.#toHash();
    requestAnimationFrame(() => this.#moved());
  }

  /** A live event of this room, or the answer to an own post. @param {Pick<MessageEvent, "version" | "message">} event */
  apply({ version, message }) {
    const { status, upserted } = this.log.apply({ room: this.slug, version, message });
    this.#count([message]);
    if (!(this.#isInFront && this.scroll.isAtEnd && this.log.isLive)) this.#markNew(message);
    if (upserted.length) this.#draw(upserted);
    this.#moved();
    return status;
  }

  /** The room's answer to `sync`. @param {SyncResult} result @param {number} since */
  merge(result, since) {
    const { status, upserted, removed } = this.log.merge(result, since);
    this.#count(result.messages);
    for (const message of [...result.messages].sort((a, b) => a.seq - b.seq)) this.#markNew(message);
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
  rename({ name, topic, kind }) {
    const isDirect = kind === "direct";
    slot("room-name").textContent = name;
    slot("begins").textContent = interpolate(isDirect ? gettext("This is where your conversation with %(name)s begins") : gettext("This is where %(name)s begins"), { name }, true);
    if (!isDirect) {
      /** @type {HTMLElement} */ (document.querySelector(".head .room-sign")).dataset.kind = kind;
      slot("room-topic").textContent = topic;
    }
    this.view.element.setAttribute("aria-label", interpolate(gettext("Messages in %(name)s"), { name }, true));
  }

  /** Marked unread: the line "New" stands above the first message that is. @param {number} mark read up to here */
  unreadAbove(mark) { this.view.markNew(this.log.list().find(({ seq }) => seq > mark && seq !== this.log.thread)?.seq ?? null); }

  /** To the latest message. */
  async toEnd() {
    if (!this.log.isLive) await this.#replace({});
    this.scroll.toEnd();
    this.#moved();
  }

  /** To a message by its number. @param {number} seq */
  async to(seq) {
    if (!this.view.get(seq)) await this.#replace({ around: seq }, seq);
    const element = this.view.get(seq);
    if (!element) return this.#ports.onlost(seq);
    this.#show(element);
  }

  /** To the first message from a moment on, in one request. @param {Date} moment @returns {Promise<boolean | null>} whether there is one; null: not connected */
  async since(moment) {
    const page = await this.#replace({ since: moment.toISOString() });
    const first = page?.messages.find(({ created_at }) => new Date(created_at) >= moment), element = first && this.view.get(first.seq);
    if (element) this.#show(element);
    else if (page) this.scroll.toEnd();
    return page && Boolean(element);
  }

  /** @param {HTMLElement} element a message */
  #show(element) {
    this.scroll.to(element);
    element.focus({ preventScroll: true });
    element.dataset.found = "";
    setTimeout(() => delete element.dataset.found, FOUND);
    this.#moved();
  }

  /** What of it is news, to who reads above and who hears the page; an edit of something old is none. @param {Message[]} messages */
  #count(messages) {
    const here = messages.filter((message) => this.log.holds(message)), news = here.filter(({ deleted, author }) => !deleted && author.id !== this.#me.id);
    for (const { seq, deleted } of here) if (deleted) this.#fresh.delete(seq);
    for (const { seq } of news) if (seq > this.#left) this.#fresh.add(seq);
    const untold = news.filter(({ seq }) => seq > this.#told);
    if (untold.length) load(() => import("#page/hearing.js")).then((module) => untold.forEach((message) => module?.tell(message, this.view.get(message.seq))));
    this.#told = Math.max(this.#told, ...here.map(({ seq }) => seq));
  }

  /** What came while nobody looked: the line "New" stands above the first of it. @param {Message} message */
  #markNew(message) {
    const read = this.#ports.readTo?.() ?? Infinity, { seq, author, deleted } = message;
    const isFirst = seq > read && (this.log.before(seq)?.seq ?? 0) <= read;
    if (isFirst && !deleted && author.id !== this.#me.id && this.log.holds(message)) this.view.markNew(seq);
  }

  /** A number in the log was pressed: "back" leads to where one stands now, and pressed again it leads there again. @param {MouseEvent} event */
  #follow(event) {
    const link = event.target instanceof Element && event.target.closest("a[href^='#']");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.getAttribute("href") === location.hash) this.#toHash();
    else if (!this.log.thread) history.replaceState({ ...history.state, at: this.scroll.isAtEnd && this.log.isLive ? "end" : Number(this.scroll.visible()[0]?.dataset.seq) || "end" }, "");
  }

  /** To what the address says. @param {number | "end" | false} [at] where one stood when one left it, to which one comes back */
  #toHash(at) {
    if (at && !this.log.thread) return void (at === "end" ? this.toEnd() : this.to(at));
    const seq = Number(/^#(\d{1,9})$/.exec(location.hash)?.[1]), { thread } = this.log;
    const isElsewhere = thread ? !this.log.messages.has(seq) || seq === thread : document.getElementById(String(seq))?.closest("[data-slot=panel]");
    if (seq && isElsewhere) return;
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
    if (this.scroll.rests) return; // what one jumped to is there, with what is around it: no more until one moves on
    if (this.log.hasBefore && this.scroll.isNearStart) this.#page("older");
    else if (this.log.hasAfter && this.scroll.isNearEnd) this.#page("newer");
  }

  /** @param {"older" | "newer"} direction */
  async #page(direction) {
    if (this.#isPaging) return;
    this.#isPaging = true;
    const cursor = direction === "older" ? this.log.first : this.log.last;
    const page = await fetchPage(this.slug, direction === "older" ? { before: cursor } : { after: cursor }, this.log.thread).catch(() => null);
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

  /** Fetch another window of the log. @param {{ around?: number, since?: string }} where @param {number} [seq] which has to be in it */
  async #replace(where, seq) {
    const page = await fetchPage(this.slug, where, this.log.thread).catch(() => null);
    if (seq && !page?.messages.some((message) => message.seq === seq)) return null;
    if (page && this.log.page(page, "around").status === "replaced") this.view.redraw();
    return page;
  }

  #drawPill() {
    const isAway = !this.scroll.isAtEnd || !this.log.isLive, count = this.#fresh.size;
    this.#pill.hidden = !isAway || !(count || !this.scroll.isNearEnd || !this.log.isLive);
    const text = count
      ? interpolate(ngettext("%(count)s new message", "%(count)s new messages", count), { count }, true)
      : gettext("Jump to latest");
    if (this.#pill.textContent !== text) this.#pill.textContent = text;
  }

  /** Whether the reader sees it. */
  get #isInFront() { return document.visibilityState === "visible" && document.hasFocus() && !this.#isCovered; }

  /** What is in view of a page in front is read. */
  look() {
    if (!this.#isInFront) return;
    if (this.scroll.isAtEnd && this.log.isLive) return this.#ports.onsee(this.log.last, this.log);
    const last = this.scroll.visible().at(-1)?.dataset.seq;
    if (last) this.#ports.onsee(Number(last), this.log);
  }

  /** On a narrow screen the panel covers the room. */
  get #isCovered() {
    const panel = slot("panel");
    return !panel.hidden && !panel.contains(this.view.element) && matchMedia("(max-width: 48rem)").matches;
  }
}
