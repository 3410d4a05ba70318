/**
 * What can be done with a message: one bar, moved to the message under the pointer or in focus; the same by keys on the message in focus.
 * Up and Down go from message to message; in the menu of the bar from one choice to the next (page/more.js).
 */

import { announce, load, onAction, slot, stencil } from "#page/dom.js";
import { saved } from "#page/message.js";

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
 * @property {Act} [thread] not in a thread
 * @property {Act} edit
 * @property {Act} unread from this message on
 * @property {Act} delete
 * @property {Act} report
 * @property {Act} history
 * @property {(message: Message, on: boolean) => Promise<void>} pin
 * @property {(message: Message, on: boolean) => Promise<void>} save
 */

/** @typedef {"reply" | "thread" | "edit" | "unread" | "delete" | "report"} Name */
/** @type {Record<string, Name>} */
const KEYS = { r: "reply", t: "thread", e: "edit", u: "unread", Delete: "delete", "!": "report" };
/** @type {Record<string, "pin" | "save">} */
const SWITCHES = { p: "pin", s: "save" };

export class Acts {
  #log;
  #ports;
  #bar = stencil("acts");
  #menu = slot("acts-menu", this.#bar);
  /** Whether the palette is open, or on its way: letters are meant for it. */
  #isChoosing = false;

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
    onAction(log, {
      mark: (button) => this.#react(button, button.getAttribute("aria-pressed") !== "true"),
      history: (button) => this.#tell("history", button),
    });
    log.addEventListener("click", (event) => this.#openPicture(event));
    onAction(this.#bar, {
      react: () => this.#openQuick(),
      quick: (button) => this.#react(button, true),
      palette: (button) => this.#choose(button),
      reply: (button) => this.#act("reply", button),
      thread: (button) => this.#act("thread", button),
      edit: (button) => this.#act("edit", button),
      unread: (button) => this.#act("unread", button),
      delete: (button) => this.#act("delete", button),
      pin: (button) => this.#switch("pin", button),
      save: (button) => this.#switch("save", button),
      more: (button) => this.#openMenu(button),
      report: (button) => this.#act("report", button),
      "copy-link": (button) => this.#copyLink(button),
    });
    this.#menu.addEventListener("click", () => this.#menu.hidePopover(), { capture: true }); // the focus is back before it is done
  }

  /** What is seldom wanted. @param {HTMLElement} button */
  async #openMenu(button) {
    const module = await load(() => import("#page/more.js"));
    if (button.isConnected) module?.openMenu(this.#menu, button);
  }

  /** A picture opens over the page; as a link elsewhere by the usual keys. @param {MouseEvent} event */
  async #openPicture(event) {
    const picture = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest(".picture"));
    if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    (await load(() => import("#page/lightbox.js")))?.show(picture, this.#log);
  }

  /** @param {EventTarget | null} target @returns {boolean} whether it is in a message */
  #moveTo(target) {
    if (!(target instanceof Element) || !this.#log.contains(target)) return false;
    if (this.#bar.contains(target) || this.#menu.matches(":popover-open")) return true;
    const element = target.closest("[data-seq]:not([data-deleted])"), message = this.#messageOf(target);
    if (!element || !message) return false;
    for (const [act, isAllowed] of Object.entries(this.#allowed(message))) {
      /** @type {HTMLElement} */ (this.#bar.querySelector(`[data-action=${act}]`)).hidden = !isAllowed;
    }
    this.#drawSwitches(message);
    if (this.#bar.parentElement !== element) {
      this.#openQuick(false);
      element.append(this.#bar);
    }
    return true;
  }

  /** @param {Message} message */
  #allowed(message) {
    const canPost = this.#ports.canPost();
    const hasThread = Boolean(this.#ports.thread) && (canPost || Boolean(message.answers));
    return { unread: true, report: !this.#ports.canEdit(message), react: canPost, reply: canPost, thread: hasThread, pin: canPost, edit: canPost && this.#ports.canEdit(message), delete: this.#ports.canDelete(message) };
  }

  /** @param {Message} message */
  #drawSwitches(message) {
    for (const [act, isOn] of Object.entries({ pin: Boolean(message.pinned_at), save: saved.has(message.seq) })) {
      this.#bar.querySelector(`[data-action=${act}]`)?.setAttribute("aria-pressed", String(isOn));
    }
  }

  /** On or off, whichever it is not. @param {"pin" | "save"} act @param {Element} within */
  async #switch(act, within) {
    const message = this.#messageOf(within);
    if (!message || (act === "pin" && !this.#allowed(message).pin)) return;
    await this.#ports[act](message, act === "pin" ? !message.pinned_at : !saved.has(message.seq));
    const now = this.#bar.isConnected && this.#messageOf(this.#bar);
    if (now) this.#drawSwitches(now);
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

  /** Any other emoji. @param {HTMLElement} within the message */
  async #choose(within) {
    const element = /** @type {HTMLElement} */ (within.closest("[data-seq]")), message = this.#messageOf(within);
    if (!message || !this.#ports.canPost()) return;
    element.focus({ preventScroll: true }); // where the focus comes back to
    this.#openQuick(false);
    this.#isChoosing = true;
    const emoji = await (await load(() => import("#page/emoji.js")))?.choose(within.isConnected ? within : element);
    this.#isChoosing = false;
    if (emoji) this.#ports.react(message, emoji, true);
  }

  /** @param {Element} within */
  #messageOf(within) {
    const element = /** @type {HTMLElement | null} */ (within.closest("[data-seq]:not([data-deleted])"));
    return element ? this.#ports.at(Number(element.dataset.seq)) : undefined;
  }

  /** @param {Name} act @param {Element} within */
  #act(act, within) {
    const message = this.#messageOf(within);
    if (!message || !this.#allowed(message)[act]) return;
    /** @type {HTMLElement | null} */ (within.closest("[data-seq]"))?.focus({ preventScroll: true }); // where the focus comes back to
    this.#ports[act]?.(message);
  }

  /** What any reader may ask for. @param {"history"} act @param {Element} within */
  #tell(act, within) {
    const message = this.#messageOf(within);
    if (message) this.#ports[act](message);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target), step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#isChoosing) return event.preventDefault();
    if (step && this.#menu.contains(target)) load(() => import("#page/more.js")).then((module) => module?.step(this.#menu, step));
    else if (step) {
      const messages = /** @type {HTMLElement[]} */ ([...this.#log.querySelectorAll("[data-seq]")]);
      const at = messages.indexOf(/** @type {HTMLElement} */ (target.closest("[data-seq]")));
      const next = at < 0 ? messages.at(-1) : messages[at + step];
      if (!next) return;
      next.focus();
    } else if (target.matches("[data-seq]") && event.key === "+") this.#choose(target);
    else if (target.matches("[data-seq]") && KEYS[event.key]) this.#act(KEYS[event.key], target);
    else if (target.matches("[data-seq]") && SWITCHES[event.key]) this.#switch(SWITCHES[event.key], target);
    else return;
    event.preventDefault();
  }

  /** @param {HTMLElement} button */
  async #copyLink(button) {
    const seq = /** @type {HTMLElement | null} */ (button.closest("[data-seq]"))?.dataset.seq, { room = "", thread } = this.#log.dataset;
    const log = `/rooms/${encodeURIComponent(room)}/${thread && thread !== seq ? `threads/${thread}/` : ""}`;
    const link = new URL(`${log}#${seq}`, location.href);
    const isCopied = await navigator.clipboard?.writeText(link.href).then(() => true, () => false);
    if (!isCopied) location.hash = link.hash; // where the clipboard is closed to us, the address bar has it
    const sign = /** @type {HTMLElement} */ (this.#bar.querySelector("[data-action=more]"));
    sign.dataset.done = "";
    setTimeout(() => delete sign.dataset.done, 1200);
    if (isCopied) announce(gettext("The link is copied."));
  }
}

/**
 * Ask before something is done.
 * @param {string} template of a dialog with one form
 * @param {(dialog: HTMLElement) => void} [prepare] it, once it is shown
 * @returns {Promise<FormData | null>} what was filled in, or null: better not
 */
export function confirmed(template, prepare) {
  const dialog = /** @type {HTMLDialogElement} */ (stencil(template));
  document.body.append(dialog);
  onAction(dialog, { keep: () => dialog.close("") });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue ? new FormData(dialog.querySelector("form") ?? undefined) : null);
      dialog.remove();
    });
    dialog.showModal();
    prepare?.(dialog);
  });
}
