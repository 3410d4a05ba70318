/**
 * The log on the page: draws what the room's log (core/timeline.js) holds, and what the outbox has not got rid of.
 * Invariant: after each call the DOM is the window of the log in order, under its days, then what is pending; whatever came in which order.
 */

import { group, foldNotices, nameSome } from "#core/grouping.js";
import { flag, slot, stencil } from "#page/dom.js";
import { bind, bindPending, bindTime } from "#page/message.js";
import { dayName, dayOf, language } from "#page/times.js";

/** @import { Message, NoticeEvent, ThreadMark, User } from "#core/payloads.js" */
/** @import { Entry } from "#core/outbox.js" */
/** @import { RoomLog } from "#core/timeline.js" */
/** @import { Fold } from "#core/grouping.js" */

export class LogView {
  #log;
  #me;
  #list;
  /** @type {Map<number, HTMLElement>} seq -> message */
  #drawn = new Map();
  /** @type {Map<string, HTMLElement>} client_id -> message that waits */
  #pending = new Map();
  /** @type {Map<string, HTMLElement>} day -> its line */
  #days = new Map();
  /** @type {{ element: HTMLElement, fold: Fold } | null} the line of comings and goings at the end */
  #notice = null;
  #newSeq;
  /** @type {Map<number, ThreadMark>} root -> what is new in its thread */
  #threads = new Map();

  /**
   * @param {HTMLElement} element data-slot=log, as the server drew it
   * @param {RoomLog} log
   * @param {User} me
   */
  constructor(element, log, me) {
    this.element = element;
    this.#log = log;
    this.#me = me;
    this.#list = slot("messages", element);
    this.#newSeq = Number(element.dataset.new) || null;
    this.#adopt();
  }

  /** @param {number} seq @returns {HTMLElement | undefined} */
  get(seq) { return this.#drawn.get(seq); }

  /** The line "New", where it is drawn. @returns {HTMLElement | null} */
  get newLine() { return this.#list.querySelector("[data-slot=new]"); }

  /** Put the line "New" above this message, or take it away. @param {number | null} seq */
  markNew(seq) {
    const [old, now] = [this.#newSeq, this.#newSeq = seq];
    for (const each of [old, now]) if (each && this.#log.messages.has(each)) this.#arrange(each);
  }

  /** What is new in threads under messages of this log. @param {readonly ThreadMark[]} threads */
  markThreads(threads) {
    const before = this.#threads;
    this.#threads = new Map(threads.map((each) => [each.seq, each]));
    for (const seq of new Set([...before.keys(), ...this.#threads.keys()])) this.#markThread(seq);
  }

  /** @param {number} seq of a root */
  #markThread(seq) {
    const element = this.#drawn.get(seq), news = this.#threads.get(seq), mark = element && slot("thread-new", element);
    if (!mark) return;
    mark.hidden = !news;
    mark.textContent = news ? interpolate(ngettext("%(count)s new", "%(count)s new", news.unread), { count: news.unread }, true) : "";
    flag(mark, "mention", Boolean(news?.mentions));
  }

  /** Draw what changed. @param {Message[]} upserted @param {Message[]} [removed] */
  draw(upserted, removed = []) {
    for (const { seq } of removed) this.#erase(seq);
    for (const message of upserted) this.#place(message);
    const touched = new Set(upserted.flatMap(({ seq }) => [seq, this.#log.after(seq)?.seq ?? seq]));
    if (removed.length) touched.add(this.#log.first);
    for (const seq of touched) this.#arrange(seq);
    this.#arrangePending();
    this.#edges();
  }

  /** The window was replaced: draw it anew. */
  redraw() {
    this.#list.replaceChildren();
    this.#drawn.clear();
    this.#days.clear();
    this.#notice = null;
    this.draw(this.#log.list());
  }

  /** Something waits, failed, or went back to waiting. @param {Entry} entry */
  drawPending(entry) {
    const element = bindPending(entry, this.#me, this.#log.messages.get(entry.reply_to ?? 0), this.#pending.get(entry.client_id));
    this.#pending.set(entry.client_id, element);
    this.#arrangePending();
    this.#edges();
  }

  /** It was given up. @param {string} client_id */
  erasePending(client_id) {
    this.#pending.get(client_id)?.remove();
    this.#pending.delete(client_id);
    this.#arrangePending();
    this.#edges();
  }

  /** Somebody came or went: one quiet line, folded with the one before it if nothing stands between. @param {NoticeEvent} event */
  notice(event) {
    if (!this.#log.isLive) return;
    const known = this.#notice?.element === this.#list.lastElementChild ? this.#notice : null;
    const fold = foldNotices([event], known?.fold);
    known?.element.remove();
    this.#notice = null;
    if (!fold.joined.length && !fold.left.length) return;
    const element = stencil("notice");
    element.textContent = sentence(fold);
    this.#list.append(element);
    this.#notice = { element, fold };
  }

  /** Take over what the server drew: days and times move to the reader's zone. */
  #adopt() {
    for (const line of this.#list.querySelectorAll("[data-day]")) line.remove();
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll("[data-seq]"))) {
      this.#drawn.set(Number(element.dataset.seq), element);
    }
    for (const message of this.#log.list()) {
      const element = this.#drawn.get(message.seq);
      if (element) bindTime(element, message.created_at);
      else this.#place(message);
      this.#arrange(message.seq);
    }
    this.#edges();
  }

  /** @param {Message} message */
  #place(message) {
    const drawn = this.#drawn.get(message.seq);
    if (drawn) return void this.#bind(message, drawn);
    const isMine = message.author.id === this.#me.id;
    const element = this.#bind(message, (isMine && this.#pending.get(message.client_id)) || undefined);
    if (isMine) this.#pending.delete(message.client_id);
    this.#drawn.set(message.seq, element);
    this.#markThread(message.seq);
    this.#list.insertBefore(element, this.#placeAfter(message.seq));
  }

  /** A root has its id where it stands in the room's log. @param {Message} message @param {HTMLElement} [element] */
  #bind(message, element) {
    const bound = bind(message, element);
    if (message.seq === this.#log.thread) bound.removeAttribute("id");
    return bound;
  }

  /** What stands directly behind a message of this number. @param {number} seq @returns {Element | null} */
  #placeAfter(seq) {
    const next = this.#log.after(seq);
    const element = next && this.#drawn.get(next.seq);
    if (element) return this.#headOf(element);
    for (let after = next; after; after = this.#log.after(after.seq)) {
      const drawn = this.#drawn.get(after.seq);
      if (drawn) return this.#headOf(drawn);
    }
    return this.#pending.values().next().value ?? null;
  }

  /** The first of the lines above a message that belong to it. @param {Element} element */
  #headOf(element) {
    let head = element;
    for (let above = head.previousElementSibling; above?.matches(".day"); above = head.previousElementSibling) head = above;
    return head;
  }

  /** Heading, day and "New" of one message, by the one above it. @param {number} seq */
  #arrange(seq) {
    const message = this.#log.messages.get(seq), element = this.#drawn.get(seq);
    if (!message || !element) return;
    const { first, day } = group(this.#log.before(seq), message, dayOf);
    for (let above = element.previousElementSibling; above?.matches(".day"); above = element.previousElementSibling) above.remove();
    if (day) element.before(this.#dayLine(day));
    if (seq === this.#newSeq) element.before(stencil("new"));
    flag(element, "first", first || seq === this.#newSeq || Boolean(element.previousElementSibling?.matches(".quiet")));
  }

  /** @param {string} day */
  #dayLine(day) {
    const line = this.#days.get(day) ?? stencil("day"), time = slot("day", line);
    line.dataset.day = day;
    time.setAttribute("datetime", day);
    time.textContent = dayName(day);
    this.#days.set(day, line);
    return line;
  }

  /** What waits stands at the end, while the end is drawn. */
  #arrangePending() {
    /** @type {Pick<Message, "author" | "created_at" | "thread"> | undefined} */
    let previous = this.#log.messages.get(this.#log.last) ?? this.#log.before(this.#log.last);
    for (const element of this.#pending.values()) {
      if (!this.#log.isLive) {
        element.remove();
        continue;
      }
      const message = { author: this.#me, created_at: slot("time", element).getAttribute("datetime") ?? "", reply_to: null, thread: this.#log.thread };
      flag(element, "first", group(previous, message, dayOf).first);
      if (!element.isConnected) this.#list.append(element);
      previous = message;
    }
  }

  /** @param {number} seq */
  #erase(seq) {
    const element = this.#drawn.get(seq);
    if (!element) return;
    for (let above = element.previousElementSibling; above?.matches(".day"); above = element.previousElementSibling) above.remove();
    while (element.nextElementSibling?.matches(".quiet")) element.nextElementSibling.remove();
    element.remove();
    this.#drawn.delete(seq);
  }

  /** What stands above and below the window. */
  #edges() {
    const isEmpty = !this.#drawn.size && !this.#pending.size;
    slot("older", this.element).hidden = !this.#log.hasBefore;
    slot("newer", this.element).hidden = !this.#log.hasAfter;
    slot("start", this.element).hidden = this.#log.hasBefore;
    slot("empty", this.element).hidden = !isEmpty;
    /** @type {HTMLAnchorElement} */ (slot("older", this.element).querySelector("a")).search = `?before=${this.#log.first}`;
    /** @type {HTMLAnchorElement} */ (slot("newer", this.element).querySelector("a")).search = `?after=${this.#log.last}`;
  }
}

/** @param {Fold} fold @returns {string} "Ana, Bo and 3 others joined · Sam left" */
function sentence({ joined, left }) {
  const parts = [];
  if (joined.length) parts.push(interpolate(gettext("%(people)s joined"), { people: names(joined) }, true));
  if (left.length) parts.push(interpolate(gettext("%(people)s left"), { people: names(left) }, true));
  return parts.join(" · ");
}

/** @param {User[]} users */
export function names(users) {
  const { named, others } = nameSome(users);
  const parts = named.map(({ name }) => name);
  if (others) parts.push(interpolate(ngettext("%(count)s other", "%(count)s others", others), { count: others }, true));
  return new Intl.ListFormat(language).format(parts);
}
