/**
 * How wide the list of rooms is, and whether it is there at all, on a screen with room for both: dragged at its edge, by the arrow keys there, put away and
 * fetched back by a button. A cookie keeps it, so that the server draws the page so from the first paint on.
 */

import { flag, slot } from "#page/dom.js";

/** As rooms/views/frame.py has them, in rem. */
const [LEAST, USUAL, MOST] = [12, 16, 26];
const YEAR = 31_536_000;

export class Splitter {
  #app = slot("app");
  #bar = slot("splitter");

  constructor() {
    this.#bar.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#bar.addEventListener("dblclick", () => this.#set(USUAL));
    this.#tell();
  }

  get #width() { return Number(this.#app.dataset.width ?? USUAL); }

  /** @param {number} rem */
  #set(rem) {
    this.#app.dataset.width = String(Math.max(LEAST, Math.min(Math.round(rem), MOST)));
    this.#tell();
    this.#keep();
  }

  #tell() {
    this.#bar.ariaValueNow = String(this.#width);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    event.preventDefault();
    this.#bar.setPointerCapture(event.pointerId);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const isFromRight = document.documentElement.dir === "rtl";
    const move = (/** @type {PointerEvent} */ { clientX }) => this.#set((isFromRight ? innerWidth - clientX : clientX) / rem);
    this.#bar.addEventListener("pointermove", move);
    this.#bar.addEventListener("lostpointercapture", () => this.#bar.removeEventListener("pointermove", move), { once: true });
  }

  /** @param {KeyboardEvent} event on the edge */
  pressed(event) {
    const wider = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const rem = { ArrowLeft: this.#width + (wider === "ArrowLeft" ? 1 : -1), ArrowRight: this.#width + (wider === "ArrowRight" ? 1 : -1), Home: LEAST, End: MOST }[event.key];
    if (rem !== undefined) this.#set(rem);
  }

  /** Put the list away, or fetch it back. @param {boolean} isFolded */
  fold(isFolded) {
    flag(this.#app, "folded", isFolded);
    this.#keep();
    /** @type {HTMLElement | null} */ (this.#app.querySelector(`[data-action=${isFolded ? "unfold" : "fold"}-sidebar]`))?.focus();
  }

  #keep() {
    document.cookie = `sidebar=${this.#width}${this.#app.dataset.folded === undefined ? "" : "-"}; path=/; max-age=${YEAR}; samesite=lax`;
  }
}
