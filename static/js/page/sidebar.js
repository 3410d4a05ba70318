/**
 * The lists of rooms and of direct conversations, and the title: draws what core/unread.js counts. Invariant: rooms stand as the server orders them
 * (default first, archived last); a conversation in which nothing was said yet stands in the list of who has it open.
 */

import { inOrder, isDirect } from "#core/unread.js";
import { Online, drawPeople } from "#page/direct.js";
import { find, flag, load, slot, stencil } from "#page/dom.js";

/** @import { Room, User } from "#core/payloads.js" */
/** @import { RoomList } from "#core/unread.js" */

export class Sidebar {
  #rooms;
  #current;
  online = new Online();
  /** @type {Set<string>} rooms in which something of one's own was refused, and waits for a word */
  #unsent = new Set();
  #title = document.title;
  /** @type {Promise<typeof import("#page/badge.js") | null> | undefined} */
  #badge;

  /** @param {RoomList} rooms @param {string | null} current slug of the room that is open */
  constructor(rooms, current) {
    this.#rooms = rooms;
    this.#current = current;
    showCurrent(slot("sidebar"));
  }

  /** The rooms as they stand in the list. */
  order() {
    return this.#rooms.list().filter((room) => !isDirect(room) || room.last_seq || room.slug === this.#current).sort(inOrder);
  }

  draw() {
    const rooms = this.order();
    this.#fill(slot("rooms"), rooms.filter((room) => !isDirect(room)));
    this.#fill(slot("direct"), rooms.filter(isDirect));
    drawCounts(slot("threads"), this.#rooms.threads());
    this.#drawTitle();
  }

  /** In these rooms something was refused. @param {string[]} slugs */
  refused(slugs) {
    if (!slugs.length && !this.#unsent.size) return;
    this.#unsent = new Set(slugs);
    this.draw();
  }

  /** How many reports are open: for the staff. @param {number} open */
  reports(open) {
    const mark = find("reports");
    if (!mark) return;
    mark.hidden = !open;
    slot("reports-open", mark).textContent = String(open);
  }

  /** Somebody came online somewhere, or went. @param {{ type: "join" | "leave", room: string, user: User }} event */
  moved(event) {
    this.online.moved(event);
    if (this.#rooms.get(event.room)?.kind === "direct") this.draw();
  }

  /** @param {HTMLElement} list @param {Readonly<Room>[]} rooms */
  #fill(list, rooms) {
    const items = rooms.map((room) => this.#item(list, room)), children = [...list.children];
    if (items.length !== children.length || items.some((item, at) => item !== children[at])) list.replaceChildren(...items);
  }

  /** @param {HTMLElement} list @param {Readonly<Room>} room */
  #item(list, room) {
    const known = /** @type {HTMLElement | null} */ (list.querySelector(`[data-room="${CSS.escape(room.slug)}"]`));
    const item = known ?? stencil(isDirect(room) ? "direct" : "room");
    Object.assign(item.dataset, {
      room: room.slug, unread: room.unread, mentions: room.mentions, involvement: room.involvement, kind: room.kind,
    });
    flag(item, "archived", room.archived);
    item.querySelector("a")?.setAttribute("href", `/rooms/${encodeURIComponent(room.slug)}/`);
    if (room.slug === this.#current) item.querySelector("a")?.setAttribute("aria-current", "page");
    write(slot("name", item), room.name);
    write(slot("mentions", item), String(room.mentions));
    slot("called", item).hidden = !room.mentions;
    slot("unsent", item).hidden = !this.#unsent.has(room.slug);
    if (isDirect(room)) this.#drawPeople(item, room);
    else {
      write(slot("unread", item), String(room.unread));
      slot("count", item).hidden = !room.unread;
    }
    return item;
  }

  /** @param {HTMLElement} item @param {Readonly<Room>} room */
  #drawPeople(item, room) {
    const isOnline = this.online.isAny(room), head = find("faces", slot("main"));
    drawPeople(item, room, isOnline);
    slot("presence", item).hidden = !isOnline;
    if (head && room.slug === this.#current) drawPeople(/** @type {HTMLElement} */ (head.parentElement), room, isOnline);
  }

  /** `(3) Lobby · Harbour`. */
  #drawTitle() {
    const { unread, mentions } = this.#rooms.totals(), room = this.#current && this.#rooms.get(this.#current);
    const site = this.#title.slice(this.#title.lastIndexOf(" · "));
    const name = room ? room.name + site : this.#title;
    if (mentions + unread || this.#badge) (this.#badge ??= load(() => import("#page/badge.js"))).then((module) => module?.badge(this.#rooms.totals()));
    const title = unread ? `(${unread}) ${name}` : name;
    if (document.title !== title) document.title = title;
  }
}

/** A long list begins where one is. @param {HTMLElement} sidebar */
function showCurrent(sidebar) {
  const list = sidebar.querySelector(".sidebar-rooms"), current = list?.querySelector("[aria-current]");
  const below = list && current ? current.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom : 0;
  if (list && below > 0) list.scrollTop = below + list.clientHeight / 3;
}

/** What is unread behind a link of the list. @param {HTMLElement} item @param {{ unread: number, mentions: number }} counts */
function drawCounts(item, { unread, mentions }) {
  item.dataset.unread = String(unread);
  write(slot("unread", item), String(unread));
  slot("count", item).hidden = !unread;
  write(slot("mentions", item), String(mentions));
  slot("called", item).hidden = !mentions;
}

/** The drawer of narrow screens: opens over the page, closes on Escape and when something else is pressed. */
export class Drawer {
  #app = slot("app");

  constructor() {
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.isOpen) this.toggle(false);
    });
    slot("main").addEventListener("click", (event) => {
      const isToggle = event.target instanceof Element && event.target.closest("[data-action=toggle-sidebar]");
      if (this.isOpen && !isToggle) this.toggle(false);
    });
  }

  get isOpen() { return this.#app.dataset.sidebar === "open"; }

  toggle(isOpen = !this.isOpen) {
    this.#app.dataset.sidebar = isOpen ? "open" : "closed";
    if (isOpen) find("sidebar")?.querySelector("a")?.focus();
    else /** @type {HTMLElement | null} */ (document.querySelector(".head [data-action=toggle-sidebar]"))?.focus();
  }
}

/** @param {Element} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
