/** The people of the room: who is online, the panel that lists them, and who is typing. */

import { Typing } from "#core/typing.js";
import { find, load, slot } from "#page/dom.js";
import { names } from "#page/log.js";

/** @import { User } from "#core/payloads.js" */
/** @typedef {{ count: number, users: number[] }} Online */

export class People {
  /** @type {Set<number>} */
  #online = new Set();
  /** @type {typeof import("#page/members.js") | null} the list in the panel, once it was opened */
  #list = null;
  #url;
  #opener;

  /** @param {HTMLElement} opener link to the page of people */
  constructor(opener) {
    this.#opener = opener;
    this.#url = opener.getAttribute("href") ?? "";
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

  /** How many are in the room now. @param {number} count */
  members(count) { slot("people-count").textContent = String(count); }

  async toggle() {
    if (!slot("panel").hidden && find("people", slot("panel"))) return this.close();
    this.#list ??= await load(() => import("#page/members.js"));
    if (!(await this.#list?.show(this.#url, () => this.close()))) return;
    this.#opener.setAttribute("aria-expanded", "true");
    this.#list?.mark(this.#online);
  }

  close() {
    slot("panel").hidden = true;
    this.#opener.setAttribute("aria-expanded", "false");
    this.#opener.focus();
  }

  /** @param {number} count */
  #counted(count) {
    slot("online").hidden = !count;
    slot("online-count").textContent = String(count);
    this.#list?.mark(this.#online);
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
