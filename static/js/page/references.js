/**
 * What @ and # complete as one writes: people by name or handle, those of the room first, and the rooms one is in. A small room is fetched once and found in
 * here; of a large one the server is asked.
 */

import { fit, matching } from "#core/fuzzy.js";
import { initials } from "#page/message.js";
import { find, given, slot } from "#page/dom.js";

/** @import { User } from "#core/payloads.js" */
/** @import { Option, Source } from "#page/suggestions.js" */
/** @typedef {{ people: User[], more: boolean, others: User[] }} Found */

/** The word before the caret; its sign is no part of an address or a path. */
const PERSON = /(?<![\w@#/.=&%+-])(@[\p{L}\p{M}\p{N}_.-]{0,40})$/u;
const ROOM = /(?<![\w@#/.=&%+-])(#[\p{L}\p{M}\p{N}_-]{0,40})$/u;
const MOST = 8;
const HUES = 12;
/** How well a name fits that has in it what is written; and one that begins with it (core/fuzzy.js). */
const HOLDS = 1, BEGINS = 3;
/** Wait for the next key before the server is asked, milliseconds. */
const PAUSE = 120;

/** @returns {Source[]} for the room of the page */
export function references() {
  const people = new People(given("room-data").slug);
  return [
    { label: gettext("People"), pattern: PERSON, find: (text) => people.find(text.slice(1)) },
    { label: gettext("Rooms"), pattern: ROOM, find: async (text) => best(rooms(), text.slice(1)).slice(0, MOST) },
  ];
}

/** The rooms of the list beside. @returns {Option[]} */
function rooms() {
  const items = /** @type {HTMLElement[]} */ ([...slot("rooms").querySelectorAll("[data-room]:not([data-archived], [data-kind=direct])")]);
  return items.map((item) => {
    const name = find("name", item)?.textContent ?? "", text = `#${item.dataset.room}`;
    return { sign: "#", label: name, text, detail: text === `#${name}` ? "" : text };
  });
}

class People {
  #room;
  /** @type {Map<string, Promise<Found | null>>} what was asked for -> who was found */
  #asked = new Map();
  /** How many were in the room then. */
  #count = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} room slug */
  constructor(room) { this.#room = room; }

  /** @param {string} text after the sign @returns {Promise<Option[]>} */
  async find(text) {
    const count = slot("people-count").textContent ?? "";
    if (count !== this.#count) this.#asked.clear(); // somebody came, or left
    this.#count = count;
    const everyone = await this.#ask("");
    const inside = everyone && !everyone.more ? everyone : await this.#later(text);
    // Everybody is called by who means it: behind the people, unless it is written in full.
    const found = [...best((inside?.people ?? []).map(person), text).slice(0, MOST - 2), ...everybody(text)]
      .sort((a, b) => Number(b.text === `@${text}`) - Number(a.text === `@${text}`));
    if (found.length >= MOST || !text) return found;
    const others = best(((await this.#later(text))?.others ?? []).map(person), text);
    return [...found, ...others.map((option) => ({ ...option, detail: `${option.detail} · ${gettext("not in this room")}` }))].slice(0, MOST);
  }

  /** Ask when the next key lets one. @param {string} text */
  async #later(text) {
    clearTimeout(this.#timer);
    if (!this.#asked.has(text)) await new Promise((resolve) => { this.#timer = setTimeout(resolve, PAUSE); });
    return this.#ask(text);
  }

  /** @param {string} q @returns {Promise<Found | null>} */
  #ask(q) {
    const address = `/api/rooms/${encodeURIComponent(this.#room)}/people/?${new URLSearchParams({ q })}`;
    const asked = this.#asked.get(q) ?? fetch(address).then((response) => response.json()).then((answer) => answer.ok ? answer : null).catch(() => null);
    this.#asked.set(q, asked);
    asked.then((found) => void (found ?? this.#asked.delete(q)));
    return asked;
  }
}

/** @param {string} text @returns {Option[]} */
const everybody = (text) => [
  { sign: "@", label: "@room", text: "@room", detail: gettext("everybody in this room") },
  { sign: "@", label: "@here", text: "@here", detail: gettext("those who are online") },
].filter((option) => fit(text, option.text.slice(1)) >= BEGINS);

/** @param {User} user @returns {Option} */
const person = ({ id, handle, name }) => ({ sign: initials(name), hue: id % HUES, label: name, text: `@${handle}`, detail: `@${handle}` });

/** @param {Option} option */
const names = ({ text, label }) => [text.slice(1), label];

/** Those that have the text in their name or in what is written, the best first. @param {Option[]} options @param {string} text */
const best = (options, text) => matching(text, options.filter((option) => names(option).some((name) => fit(text, name) >= HOLDS)), names);
