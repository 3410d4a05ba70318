/** What can be done with a message: one bar, moved to the message under the pointer or in focus. */

import { onAction, stencil } from "#page/dom.js";

export class Acts {
  #bar = stencil("acts");

  /** @param {HTMLElement} log */
  constructor(log) {
    for (const type of ["pointerover", "focusin"]) log.addEventListener(type, (event) => this.#moveTo(event.target));
    log.addEventListener("pointerleave", () => this.#bar.remove());
    onAction(this.#bar, { "copy-link": (button) => this.#copyLink(button) });
  }

  /** @param {EventTarget | null} target */
  #moveTo(target) {
    if (!(target instanceof Element) || this.#bar.contains(target)) return;
    const message = target.closest("[data-seq]:not([data-deleted])");
    if (message && this.#bar.parentElement !== message) message.append(this.#bar);
  }

  /** @param {HTMLElement} button */
  async #copyLink(button) {
    const seq = /** @type {HTMLElement | null} */ (button.closest("[data-seq]"))?.dataset.seq;
    const link = new URL(`#${seq}`, location.href.replace(location.search, ""));
    const isCopied = await navigator.clipboard?.writeText(link.href).then(() => true, () => false);
    if (!isCopied) location.hash = link.hash; // where the clipboard is closed to us, the address bar has it
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 1200);
  }
}
