/**
 * What the keyboard does anywhere on a page: the switcher, from room to room, all read, the list of keys (templates/rooms/_keys.html says them all).
 * Keys on a message are page/acts.js. Invariant: what is a letter to who types stays one, and an open dialog has the keyboard to itself.
 */

import { load, slot, stencil } from "#page/dom.js";

/** @import { Ports } from "#page/switcher.js" */

const isMac = /^(Mac|iP)/.test(navigator.platform);
/** Where Escape closes something. */
const ELSEWHERE = "#panel, .sidebar, details[open], [popover]";
const TYPING = "input, textarea, select, [contenteditable]";

export class Keys {
  #ports;

  /** @param {Ports & { readAll: () => void, read: () => void }} ports */
  constructor(ports) {
    this.#ports = ports;
    nameKeys(document);
    document.addEventListener("keydown", (event) => {
      const act = event.defaultPrevented || document.querySelector("dialog[open]") ? null : this.#meant(event);
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  /** Find a room and go there. */
  async jump() { (await load(() => import("#page/switcher.js")))?.jump(this.#ports); }

  /** The list of keys. */
  list() {
    const dialog = /** @type {HTMLDialogElement} */ (stencil("keys"));
    nameKeys(dialog);
    if (document.documentElement.dataset.enter === "breaks") {
      const sends = slot("key-sends", dialog), breaks = slot("key-breaks", dialog), keys = [...breaks.childNodes];
      breaks.replaceChildren(...sends.childNodes);
      sends.replaceChildren(...keys);
    }
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  }

  /** @param {KeyboardEvent} event @returns {(() => void) | null} */
  #meant({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
    const isTyping = target instanceof Element && target.matches(TYPING);
    if ((isMac ? metaKey : ctrlKey) && !altKey && !shiftKey && key.toLowerCase() === "k") return () => this.jump();
    if (ctrlKey || metaKey) return null;
    if (altKey && (key === "ArrowUp" || key === "ArrowDown")) return () => step(key === "ArrowUp" ? -1 : 1, shiftKey);
    if (altKey) return null;
    if (key === "Escape" && shiftKey) return this.#ports.readAll;
    if (key === "Escape" && target instanceof Element && !target.closest(ELSEWHERE)) return this.#ports.read;
    return key === "?" && !isTyping ? () => this.list() : null;
  }
}

/** To the room above or below in the list, round its ends. @param {-1 | 1} by @param {boolean} isUnread those with something unread only */
function step(by, isUnread) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("[data-slot=sidebar] [data-room] a")]);
  const at = links.findIndex((link) => link.getAttribute("aria-current") === "page");
  for (let n = 1; n <= links.length; n++) {
    const link = links[((at < 0 && by < 0 ? 0 : at) + n * by + 2 * links.length) % links.length];
    const { unread, involvement } = /** @type {HTMLElement} */ (link.closest("[data-room]")).dataset;
    if (link !== links[at] && (!isUnread || (unread !== "0" && involvement !== "nothing"))) return location.assign(link.href);
  }
}

/** As they are called on this machine. @param {ParentNode} within */
function nameKeys(within) {
  for (const key of /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll("[data-slot=mod]"))) if (isMac) key.textContent = key.dataset.mac ?? "";
}
