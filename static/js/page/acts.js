/**
 * What can be done with a message: one bar, moved to the message under the pointer or in focus; the same by keys on the message in focus.
 * Up and Down go from message to message.
 */

import { onAction, slot, stencil } from "#page/dom.js";

/** @import { Message } from "#core/payloads.js" */
/** @typedef {(message: Message) => void} Act */
/**
 * @typedef {object} Ports
 * @property {(seq: number) => Message | undefined} at
 * @property {(message: Message) => boolean} canEdit
 * @property {(message: Message) => boolean} canDelete
 * @property {() => boolean} canPost
 * @property {(message: Message, emoji: string, on: boolean) => void} react
 * @property {Act} reply
 * @property {Act} edit
 * @property {Act} delete
 */

/** @type {Record<string, "reply" | "edit" | "delete">} */
const KEYS = { r: "reply", e: "edit", Delete: "delete" };

export class Acts {
  #log;
  #ports;
  #bar = stencil("acts");

  /** @param {HTMLElement} log @param {Ports} ports */
  constructor(log, ports) {
    this.#log = log;
    this.#ports = ports;
    for (const type of ["pointerover", "focusin"]) {
      log.addEventListener(type, (event) => void (this.#moveTo(event.target) || this.#bar.remove()));
    }
    log.addEventListener("pointerleave", () => this.#moveTo(document.activeElement) || this.#bar.remove());
    log.addEventListener("focusout", ({ relatedTarget }) => {
      const stays = log.matches(":hover") || (relatedTarget instanceof Node && log.contains(relatedTarget));
      if (!stays) this.#bar.remove(); // under a thumb nothing else takes it away
    });
    log.addEventListener("keydown", (event) => this.#pressed(event));
    onAction(log, { mark: (button) => this.#react(button, button.getAttribute("aria-pressed") !== "true") });
    onAction(this.#bar, {
      react: () => this.#openQuick(),
      quick: (button) => this.#react(button, true),
      reply: (button) => this.#act("reply", button),
      edit: (button) => this.#act("edit", button),
      delete: (button) => this.#act("delete", button),
      "copy-link": (button) => this.#copyLink(button),
    });
  }

  /** @param {EventTarget | null} target @returns {boolean} whether it is in a message */
  #moveTo(target) {
    if (!(target instanceof Element) || !this.#log.contains(target)) return false;
    if (this.#bar.contains(target)) return true;
    const element = target.closest("[data-seq]:not([data-deleted])"), message = this.#messageOf(target);
    if (!element || !message) return false;
    for (const [act, isAllowed] of Object.entries(this.#allowed(message))) {
      /** @type {HTMLElement} */ (this.#bar.querySelector(`[data-action=${act}]`)).hidden = !isAllowed;
    }
    if (this.#bar.parentElement !== element) {
      this.#openQuick(false);
      element.append(this.#bar);
    }
    return true;
  }

  /** @param {Message} message */
  #allowed(message) {
    const canPost = this.#ports.canPost();
    return { react: canPost, reply: canPost, edit: canPost && this.#ports.canEdit(message), delete: canPost && this.#ports.canDelete(message) };
  }

  /** Show the six at hand, or put them away. @param {boolean} [isOpen] */
  #openQuick(isOpen = slot("quick", this.#bar).hidden !== false) {
    slot("quick", this.#bar).hidden = !isOpen;
    this.#bar.querySelector("[data-action=react]")?.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) slot("quick", this.#bar).querySelector("button")?.focus();
  }

  /** @param {HTMLElement} button with an emoji @param {boolean} on */
  #react(button, on) {
    const message = this.#messageOf(button);
    if (message && this.#ports.canPost()) this.#ports.react(message, button.dataset.emoji ?? "", on);
    this.#openQuick(false);
  }

  /** @param {Element} within */
  #messageOf(within) {
    const element = /** @type {HTMLElement | null} */ (within.closest("[data-seq]:not([data-deleted])"));
    return element ? this.#ports.at(Number(element.dataset.seq)) : undefined;
  }

  /** @param {"reply" | "edit" | "delete"} act @param {Element} within */
  #act(act, within) {
    const message = this.#messageOf(within);
    if (!message || !this.#allowed(message)[act]) return;
    /** @type {HTMLElement | null} */ (within.closest("[data-seq]"))?.focus({ preventScroll: true }); // where the focus comes back to
    this.#ports[act](message);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target), step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) {
      const messages = /** @type {HTMLElement[]} */ ([...this.#log.querySelectorAll("[data-seq]")]);
      const at = messages.indexOf(/** @type {HTMLElement} */ (target.closest("[data-seq]")));
      const next = at < 0 ? messages.at(-1) : messages[at + step];
      if (!next) return;
      next.focus();
    } else if (target.matches("[data-seq]") && event.key === "+") this.#openQuick(true);
    else if (target.matches("[data-seq]") && KEYS[event.key]) this.#act(KEYS[event.key], target);
    else return;
    event.preventDefault();
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

/** Ask before something is done. @param {string} template of a dialog @returns {Promise<boolean>} whether to go on */
export function confirmed(template) {
  const dialog = /** @type {HTMLDialogElement} */ (stencil(template));
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(Boolean(dialog.returnValue));
      dialog.remove();
    });
    dialog.showModal();
  });
}
