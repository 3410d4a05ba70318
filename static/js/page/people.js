/** The people of the room: who is online, the panel that lists them, and who is typing. */

import { Typing } from "#core/typing.js";
import { find, slot } from "#page/dom.js";
import { fill } from "#page/html.js";
import { names } from "#page/log.js";
import { fetchPartial } from "#wire/pages.js";

/** @import { User } from "#core/payloads.js" */
/** @typedef {{ count: number, users: number[] }} Online */

export class People {
  /** @type {Set<number>} */
  #online = new Set();
  #count = 0;
  #url;
  #opener;

  /** @param {HTMLElement} opener link to the page of people */
  constructor(opener) {
    this.#opener = opener;
    this.#url = opener.getAttribute("href") ?? "";
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !slot("panel").hidden && slot("panel").contains(document.activeElement)) this.close();
    });
  }

  /** As `hello` says it. @param {Online} online */
  hello({ count, users }) {
    this.#online = new Set(users);
    this.#counted(count);
  }

  /** @param {"join" | "leave"} type @param {User} user @param {number} online */
  moved(type, user, online) {
    if (type === "join") this.#online.add(user.id);
    else this.#online.delete(user.id);
    this.#counted(online);
  }

  /** In a crowd only the number is told. @param {number} online */
  counted(online) { this.#counted(online); }

  async toggle() {
    if (!slot("panel").hidden) return this.close();
    const partial = await fetchPartial(`${this.#url}?partial`).catch(() => null);
    if (partial === null) return location.assign(this.#url);
    fill(slot("panel"), partial);
    slot("panel").hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    this.#mark();
    slot("panel").querySelector("a")?.focus();
  }

  close() {
    slot("panel").hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    this.#opener.focus();
  }

  /** @param {number} count */
  #counted(count) {
    this.#count = count;
    slot("online").hidden = !count;
    slot("online-count").textContent = String(count);
    this.#mark();
  }

  /** Who is online comes first in the panel, and has a dot. */
  #mark() {
    const list = find("people", slot("panel"));
    if (!list) return;
    const items = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const item of items) {
      const isOnline = this.#online.has(Number(item.dataset.user));
      item.toggleAttribute("data-online", isOnline);
      slot("presence", item).hidden = !isOnline;
    }
    const sorted = [...items].sort((a, b) => Number(b.hasAttribute("data-online")) - Number(a.hasAttribute("data-online")));
    if (sorted.some((item, at) => item !== items[at])) list.replaceChildren(...sorted);
  }
}

/** "Ana is typing…", up to three names. */
export class TypingLine {
  #typing;
  #room;
  #line = slot("typing");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} room slug @param {number} me */
  constructor(room, me) {
    this.#room = room;
    this.#typing = new Typing(() => Date.now(), me);
  }

  /** @param {{ room: string, user: User }} event */
  saw(event) {
    this.#typing.saw(event);
    this.#draw();
  }

  /** @param {number} userId */
  stopped(userId) {
    this.#typing.stopped(this.#room, userId);
    this.#draw();
  }

  #draw() {
    const who = this.#typing.who(this.#room), people = names(who);
    this.#line.textContent = !who.length ? "" : who.length > 3 ? gettext("Several people are typing…")
      : interpolate(ngettext("%(people)s is typing…", "%(people)s are typing…", who.length), { people }, true);
    clearTimeout(this.#timer);
    const wait = this.#typing.changesIn(this.#room);
    if (wait !== null) this.#timer = setTimeout(() => this.#draw(), wait + 1);
  }
}
