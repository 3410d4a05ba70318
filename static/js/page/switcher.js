/**
 * The quick switcher (templates/rooms/_switcher.html): type some letters of a name, Enter goes there. Unread first, and what is open last; then people
 * one has no conversation with: choosing one opens it. Invariant: who is found later, by the server, comes below and does not change what is chosen.
 * A combobox: the focus stays in the box, `aria-activedescendant` says which is chosen; with Ctrl or ⌘ it opens in a tab of its own.
 */

import { matching } from "#core/fuzzy.js";
import { drawPeople } from "#page/direct.js";
import { slot, stencil } from "#page/dom.js";
import { findPeople, openDirect } from "#wire/pages.js";

/** @import { Room, User } from "#core/payloads.js" */
/**
 * @typedef {object} Ports
 * @property {() => Readonly<Room>[]} rooms that one is in, as the sidebar orders them
 * @property {string | null} current slug of the room that is open
 */

/** So many rooms are offered. */
const MOST = 12;
/** How long to wait for the next letter before people are looked for, milliseconds. */
const PAUSE = 120;

/** Open it. @param {Ports} ports */
export const jump = (ports) => new Switcher(ports);

class Switcher {
  #ports;
  #dialog = /** @type {HTMLDialogElement} */ (stencil("switcher"));
  #box = /** @type {HTMLInputElement} */ (slot("switcher-box", this.#dialog));
  #list = slot("switcher-list", this.#dialog);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    this.#box.addEventListener("input", () => this.#draw());
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#list.addEventListener("click", (event) => {
      const option = event.target instanceof Element && event.target.closest("[role=option]");
      if (option) this.#go(/** @type {HTMLElement} */ (option), event);
    });
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close()); // beside it
    this.#dialog.addEventListener("close", () => this.#dialog.remove());
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    this.#draw();
  }

  #draw() {
    const rooms = [...this.#ports.rooms()].sort((a, b) => this.#weight(b) - this.#weight(a));
    const found = matching(this.#box.value, rooms, names).slice(0, MOST), asked = ++this.#asked;
    this.#list.replaceChildren(...found.map(option));
    slot("switcher-none", this.#dialog).hidden = slot("switcher-error", this.#dialog).hidden = true;
    this.#choose(this.#list.firstElementChild);
    clearTimeout(this.#timer);
    if (this.#box.value.trim()) this.#timer = setTimeout(() => this.#look(asked), PAUSE);
    else slot("switcher-none", this.#dialog).hidden = found.length > 0;
  }

  /** People, whom only the server knows. @param {number} asked */
  async #look(asked) {
    const found = await findPeople(this.#box.value).catch(() => []);
    if (asked !== this.#asked) return;
    const known = new Set(this.#ports.rooms().flatMap(({ people }) => (people?.length === 1 ? [people[0].id] : [])));
    const count = this.#list.children.length;
    this.#list.append(...found.filter(({ id }) => !known.has(id)).map((person, at) => personOption(person, count + at)));
    if (!count) this.#choose(this.#list.firstElementChild);
    slot("switcher-none", this.#dialog).hidden = this.#list.children.length > 0;
  }

  /** What is wanted most when nothing was typed. @param {Readonly<Room>} room */
  #weight({ slug, unread, mentions, involvement, archived }) {
    if (slug === this.#ports.current) return -2;
    if (archived) return -1;
    return involvement === "nothing" ? 0 : mentions ? 2 : unread ? 1 : 0;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const options = [...this.#list.children], at = options.findIndex((each) => each.ariaSelected === "true");
    if (event.isComposing || !options.length) return;
    if (event.key === "ArrowDown") this.#choose(options[(at + 1) % options.length]);
    else if (event.key === "ArrowUp") this.#choose(options.at(at - 1) ?? null);
    else if (event.key === "Enter") this.#go(/** @type {HTMLElement} */ (options[at]), event);
    else return;
    event.preventDefault();
  }

  /** Open the conversation with somebody. @param {number} person id */
  async #write(person) {
    const error = slot("switcher-error", this.#dialog);
    try {
      location.assign(`/rooms/${encodeURIComponent((await openDirect(person)).slug)}/`);
    } catch (refusal) {
      error.textContent = refusal instanceof Error && !(refusal instanceof TypeError) ? refusal.message : gettext("Not connected. Try again in a moment.");
      error.hidden = false;
    }
  }

  /** @param {Element | null} chosen */
  #choose(chosen) {
    for (const each of this.#list.children) each.setAttribute("aria-selected", String(each === chosen));
    this.#box.setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement} option @param {MouseEvent | KeyboardEvent} event */
  async #go(option, { ctrlKey, metaKey }) {
    if (option.dataset.person) return this.#write(Number(option.dataset.person));
    const href = option.dataset.href ?? "/";
    this.#dialog.close();
    if (ctrlKey || metaKey) open(href);
    else if (href !== location.pathname) location.assign(href);
  }
}

/** By what a room is found: direct conversations by the handles, too. @param {Readonly<Room>} room */
const names = ({ name, slug, people }) => (people ? [name, ...people.map(({ handle }) => handle)] : [name, slug]);

/** @param {User} person @param {number} at */
function personOption(person, at) {
  const element = stencil("switcher-person");
  element.id = `switcher-${at}`;
  element.dataset.person = String(person.id);
  drawPeople(element, { people: [person] }, false);
  slot("switcher-name", element).textContent = person.name;
  slot("switcher-topic", element).textContent = `@${person.handle}`;
  slot("switcher-unread", element).hidden = true;
  return element;
}

/** @param {Readonly<Room>} room @param {number} at */
function option(room, at) {
  const element = stencil(room.people ? "switcher-person" : "switcher-room");
  element.id = `switcher-${at}`;
  element.dataset.href = `/rooms/${encodeURIComponent(room.slug)}/`;
  element.dataset.kind = room.kind;
  slot("switcher-name", element).textContent = room.name;
  if (room.people) drawPeople(element, room, false);
  slot("switcher-topic", element).textContent = room.people ? room.people.map(({ handle }) => `@${handle}`).join(" ") : room.topic;
  slot("switcher-unread", element).hidden = !room.unread;
  slot("switcher-count", element).textContent = String(room.unread);
  return element;
}
