/**
 * What is kept at hand in the open room: its pinned messages, in a panel beside the log; and which messages one has saved.
 * Invariant: the number of pins is that of the messages that came last say they are pinned, in whatever order they came.
 */

import { find, given, onAction, slot } from "#page/dom.js";
import { fill } from "#page/html.js";
import { markSaved, saved } from "#page/message.js";
import { fetchPart, fetchPartial } from "#wire/pages.js";

/** @import { Message } from "#core/payloads.js" */
/**
 * @typedef {object} Ports
 * @property {(change: () => void) => void} keep change the log, and leave the reader where they are
 * @property {(seq: number) => void} show
 * @property {(seq: number) => void} unpin
 */

/** Messages whose version is remembered. */
const MOST = 1000;

export class Kept {
  #panel = slot("panel");
  #opener = slot("pins-link");
  #ports;
  /** @type {Set<number>} */
  #pins = new Set(given("pinned-data"));
  /** @type {Map<number, number>} seq -> version of those that came since */
  #versions = new Map();
  /** How often the panel was fetched: only the last answer counts. */
  #fetched = 0;

  /** @param {Ports} ports */
  constructor(ports) {
    this.#ports = ports;
    onAction(this.#panel, {
      "close-panel": (_, event) => this.#own(event, () => this.close()),
      "take-off": (button, event) => this.#own(event, () => ports.unpin(seqOf(button))),
      show: (link, event) => this.#own(event, () => {
        if (matchMedia("(max-width: 48rem)").matches) this.close();
        ports.show(seqOf(link));
      }),
    });
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.#own(event, () => this.close());
    });
  }

  /** Messages of the room, as they are now. @param {Message[]} messages */
  saw(messages) {
    let isChanged = false;
    for (const { seq, version, pinned_at } of messages) {
      if (version <= (this.#versions.get(seq) ?? 0)) continue;
      this.#versions.delete(seq); // those that came last stand last
      this.#versions.set(seq, version);
      if (this.#pins.has(seq) === Boolean(pinned_at)) continue;
      if (pinned_at) this.#pins.add(seq);
      else this.#pins.delete(seq);
      isChanged = true;
    }
    for (const seq of this.#versions.keys()) {
      if (this.#versions.size <= MOST) break;
      this.#versions.delete(seq);
    }
    if (isChanged) this.#changed();
  }

  /** Too much has changed to be told: ask. */
  async reset() {
    await this.#fetch();
    this.#changed(false);
  }

  /** All that one has saved in the room, as `hello` says. @param {number[]} seqs */
  savedAll(seqs) {
    const now = new Set(seqs);
    for (const seq of new Set([...saved, ...now])) if (saved.has(seq) !== now.has(seq)) this.saved(seq, now.has(seq));
  }

  /** One has saved a message, or put it away, in whichever tab. @param {number} seq @param {boolean} on */
  saved(seq, on) { this.#ports.keep(() => markSaved(seq, on)); }

  async toggle() {
    if (this.#isOpen) return this.close();
    const partial = await this.#fetch(fetchPart);
    if (partial === null) return;
    fill(this.#panel, partial);
    this.#panel.hidden = false;
    this.#opener.setAttribute("aria-expanded", "true");
    this.#panel.querySelector("a")?.focus();
  }

  close() {
    this.#panel.hidden = true;
    this.#panel.replaceChildren();
    this.#opener.setAttribute("aria-expanded", "false");
    this.#opener.focus();
  }

  get #isOpen() { return !this.#panel.hidden && find("pins", this.#panel) !== null; }
  get #url() { return this.#opener.getAttribute("href") ?? ""; }

  /** What the panel shows; which ones these are is the server's word. @returns {Promise<string | null>} */
  async #fetch(ask = (/** @type {string} */ url) => fetchPartial(`${url}?partial`).catch(() => null)) {
    const turn = ++this.#fetched, partial = await ask(this.#url);
    if (partial === null || turn !== this.#fetched) return partial;
    const shown = document.createElement("div");
    fill(shown, partial);
    this.#pins = new Set([.../** @type {NodeListOf<HTMLElement>} */ (shown.querySelectorAll("[data-kept]"))].map(({ dataset }) => Number(dataset.kept)));
    this.#count();
    return partial;
  }

  #count() {
    this.#opener.hidden = !this.#pins.size;
    slot("pins-count").textContent = String(this.#pins.size);
  }

  /** @param {boolean} [isStale] whether the panel has to be fetched anew */
  async #changed(isStale = true) {
    this.#count();
    if (!this.#isOpen) return;
    const turn = this.#fetched + 1, partial = isStale ? await this.#fetch() : null;
    if (partial === null || !this.#isOpen || turn !== this.#fetched) return;
    const hadFocus = this.#panel.contains(document.activeElement);
    fill(this.#panel, partial);
    if (hadFocus) slot("pins", this.#panel).focus();
  }

  /** Done here, while the panel is ours, and not by the page around, too. @param {Event} event @param {() => void} act */
  #own(event, act) {
    if (!this.#isOpen) return;
    event.stopPropagation();
    act();
  }
}

/** @param {HTMLElement} within */
const seqOf = (within) => Number(/** @type {HTMLElement} */ (within.closest("[data-kept]")).dataset.kept);
