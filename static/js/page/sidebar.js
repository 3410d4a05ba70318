/** The room list and the title: draws what core/unread.js counts. Invariant: rooms stand as the server orders them (default first, archived last). */

import { find, flag, slot, stencil } from "#page/dom.js";

/** @import { Room } from "#core/payloads.js" */
/** @import { RoomList } from "#core/unread.js" */

export class Sidebar {
  #rooms;
  #current;
  #list = slot("rooms");
  #title = document.title;

  /** @param {RoomList} rooms @param {string | null} current slug of the room that is open */
  constructor(rooms, current) {
    this.#rooms = rooms;
    this.#current = current;
  }

  draw() {
    const items = this.#rooms.list().sort(order).map((room) => this.#item(room));
    const children = [...this.#list.children];
    if (items.length !== children.length || items.some((item, at) => item !== children[at])) this.#list.replaceChildren(...items);
    this.#drawTitle();
  }

  /** @param {Room} room */
  #item(room) {
    const item = /** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-room="${CSS.escape(room.slug)}"]`)) ?? stencil("room");
    Object.assign(item.dataset, {
      room: room.slug, unread: room.unread, mentions: room.mentions, involvement: room.involvement, kind: room.kind,
    });
    flag(item, "archived", room.archived);
    item.querySelector("a")?.setAttribute("href", `/rooms/${encodeURIComponent(room.slug)}/`);
    if (room.slug === this.#current) item.querySelector("a")?.setAttribute("aria-current", "page");
    write(slot("name", item), room.name);
    write(slot("unread", item), String(room.unread));
    slot("count", item).hidden = !room.unread;
    return item;
  }

  /** `(3) Lobby · Harbour`. */
  #drawTitle() {
    const { unread } = this.#rooms.totals(), room = this.#current && this.#rooms.get(this.#current);
    const site = this.#title.slice(this.#title.lastIndexOf(" · "));
    const name = room ? room.name + site : this.#title;
    const title = unread ? `(${unread}) ${name}` : name;
    if (document.title !== title) document.title = title;
  }
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

/** @param {Room} a @param {Room} b */
const order = (a, b) => Number(a.archived) - Number(b.archived) || Number(b.is_default) - Number(a.is_default)
  || a.name.localeCompare(b.name, undefined, { sensitivity: "base" });
