/** Choosing people (templates/rooms/_picker.html): looks as one types. Invariant: who is ticked stays ticked, and stands above who is found. */

import { slot } from "#page/dom.js";
import { fill } from "#page/html.js";
import { fetchPartial } from "#wire/pages.js";

/** How long to wait for the next letter, milliseconds. */
const PAUSE = 150;

export class Picker {
  #picker;
  #box;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;

  /** @param {HTMLElement} picker */
  constructor(picker) {
    this.#picker = picker;
    this.#box = /** @type {HTMLInputElement} */ (slot("find", picker));
    slot("find-button", picker).hidden = true;
    this.#box.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), PAUSE);
    });
    this.#box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#pickFirst();
    });
  }

  async #look() {
    const asked = ++this.#asked;
    const query = new URLSearchParams({ q: this.#box.value });
    if (this.#picker.dataset.room) query.set("room", this.#picker.dataset.room);
    for (const box of this.#picker.querySelectorAll("[name=person]:checked")) query.append("person", /** @type {HTMLInputElement} */ (box).value);
    const partial = await fetchPartial(`${this.#picker.dataset.url}?${query}`).catch(() => null);
    if (partial === null || asked !== this.#asked) return;
    fill(slot("candidates", this.#picker), partial);
    const count = this.#picker.querySelectorAll("[data-found]").length;
    slot("found-count", this.#picker).textContent = interpolate(ngettext("%(count)s person found", "%(count)s people found", count), { count }, true);
  }

  /** Enter takes the first who was found for what is typed, once that is what is shown. */
  async #pickFirst() {
    clearTimeout(this.#timer);
    if (!this.#box.value.trim()) return;
    await this.#look();
    const first = /** @type {HTMLInputElement | null} */ (this.#picker.querySelector("[data-found] input"));
    if (!first) return;
    first.checked = true;
    this.#box.value = "";
    this.#look();
  }
}
