/**
 * The palette: every emoji, by group or by name, for a reaction or for the box. Loaded, and its data fetched, when somebody first asks for it.
 * Keys: letters search, arrows go from emoji to emoji, Enter takes one, Escape leaves; the focus goes back to where it was.
 */

import { EmojiBook } from "#core/emoji.js";
import { announce, onAction, slot, stencil } from "#page/dom.js";
import { storage } from "#wire/storage.js";

/** @import { Emoji } from "#core/emoji.js" */

/** From the edges of the window, and from what the palette belongs to, CSS pixels. */
const GAP = 8;
/** Below this width it is a sheet at the bottom (as palette.css has it). */
const SHEET = "(max-width: 48rem)";
const HAND = "✋";
/** @type {Promise<EmojiBook> | null} */
let loading = null;

/** All emoji. Fetched once a page, kept by the browser for ever. @returns {Promise<EmojiBook>} rejects without a connection */
export function book() {
  const source = stencil("palette").dataset.source ?? "";
  loading ??= fetch(source).then((response) => response.json()).then((data) => new EmojiBook(data, storage));
  loading.catch(() => (loading = null));
  return loading;
}

/** Let the reader choose an emoji. @param {Element} anchor what it is for @returns {Promise<string | null>} null: none, or no connection */
export async function choose(anchor) {
  if (document.querySelector("dialog[open]")) return null;
  const all = await book().catch(() => null);
  if (all) return new Palette(all).ask(anchor);
  announce(gettext("Not connected. Try again in a moment."));
  return null;
}

class Palette {
  #book;
  #dialog = /** @type {HTMLDialogElement} */ (stencil("palette"));
  #search = /** @type {HTMLInputElement} */ (slot("search", this.#dialog));
  #grid = slot("grid", this.#dialog);
  /** The group that is shown; -1: the frequently used. */
  #group = -1;

  /** @param {EmojiBook} all */
  constructor(all) {
    this.#book = all;
    this.#search.addEventListener("input", () => this.#draw());
    this.#dialog.addEventListener("keydown", (event) => this.#pressed(event));
    for (const type of ["pointerover", "focusin"]) this.#grid.addEventListener(type, ({ target }) => this.#name(target));
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close("")); // beside it
    onAction(this.#dialog, {
      group: (button) => this.#show(Number(button.dataset.group)),
      tone: (button) => this.#tint(Number(button.dataset.tone)),
      pick: (button) => this.#dialog.close(button.dataset.emoji),
    });
    this.#drawTones();
    this.#show(-1);
  }

  /** @param {Element} anchor @returns {Promise<string | null>} */
  ask(anchor) {
    const box = anchor.getBoundingClientRect();
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    this.#place(box);
    if (matchMedia("(pointer: fine)").matches) this.#search.focus();
    else this.#grid.querySelector("button")?.focus(); // no keyboard over it
    return new Promise((resolve) => this.#dialog.addEventListener("close", () => {
      const emoji = this.#dialog.returnValue;
      if (emoji) this.#book.used(emoji);
      this.#dialog.remove();
      resolve(emoji || null);
    }));
  }

  /** Above what it is for, or below, within the window. @param {DOMRect} box */
  #place(box) {
    if (matchMedia(SHEET).matches) return;
    const { offsetWidth: width, offsetHeight: height, style } = this.#dialog;
    const above = box.top - height - GAP, most = innerHeight - height - GAP;
    style.top = `${Math.max(GAP, Math.min(above >= GAP ? above : box.bottom + GAP, most))}px`;
    style.left = `${Math.max(GAP, Math.min(box.right - width, innerWidth - width - GAP))}px`;
  }

  /** @param {number} group */
  #show(group) {
    this.#group = group;
    this.#search.value = "";
    this.#draw();
  }

  #draw() {
    const text = this.#search.value.trim();
    const found = text ? this.#book.find(text) : this.#group < 0 ? this.#book.frequent : this.#book.in(this.#group);
    this.#grid.replaceChildren(...found.map((each, at) => this.#button(each, at)));
    this.#grid.scrollTop = 0;
    slot("none", this.#dialog).hidden = found.length > 0;
    for (const button of this.#dialog.querySelectorAll("[data-group]")) {
      const isShown = !text && Number(/** @type {HTMLElement} */ (button).dataset.group) === this.#group;
      button.setAttribute("aria-pressed", String(isShown));
    }
    this.#name(this.#grid.querySelector("button"));
  }

  /** @param {Emoji} each @param {number} at */
  #button(each, at) {
    const button = document.createElement("button"), emoji = this.#book.shown(each);
    button.type = "button";
    button.textContent = button.dataset.emoji = emoji;
    button.dataset.action = "pick";
    button.tabIndex = at ? -1 : 0;
    button.setAttribute("aria-label", each.annotation);
    return button;
  }

  /** Say what is under the pointer or in focus. @param {EventTarget | null} target */
  #name(target) {
    const button = target instanceof HTMLElement ? target.closest("button") : null;
    const emoji = button?.dataset.emoji ? this.#book.get(button.dataset.emoji) : undefined;
    slot("name", this.#dialog).textContent = emoji ? [emoji.annotation, ...(emoji.shortcodes ?? []).slice(0, 1).map((code) => `:${code}:`)].join("  ") : "";
  }

  #drawTones() {
    const hand = this.#book.get(HAND);
    const tones = [HAND, ...(hand?.skins ?? []).map(({ emoji }) => emoji)];
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.#dialog.querySelectorAll("[data-tone]"))) {
      button.textContent = tones[Number(button.dataset.tone)] ?? "";
      button.setAttribute("aria-pressed", String(Number(button.dataset.tone) === this.#book.tone));
    }
  }

  /** @param {number} tone */
  #tint(tone) {
    this.#book.tone = tone;
    this.#drawTones();
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target === this.#search) {
      if (event.key === "Enter") this.#grid.querySelector("button")?.click();
      else if (event.key === "ArrowDown") this.#grid.querySelector("button")?.focus();
      else return;
    } else if (this.#grid.contains(target)) {
      const moved = this.#step(target, event.key);
      if (!moved && (event.key.length !== 1 || event.key === " ")) return;
      if (!moved) return this.#search.focus(); // the letter goes there
    } else return;
    event.preventDefault();
  }

  /** Go to another emoji of the grid. @param {HTMLElement} from @param {string} key @returns {boolean} whether the key does */
  #step(from, key) {
    const all = /** @type {HTMLElement[]} */ ([...this.#grid.children]), at = all.indexOf(from);
    const columns = getComputedStyle(this.#grid).gridTemplateColumns.split(" ").length;
    const ahead = getComputedStyle(this.#grid).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: ahead, ArrowLeft: -ahead, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: all.length - 1 - at }[key];
    if (step === undefined) return false;
    if (at + step < 0 && key === "ArrowUp") this.#search.focus();
    const next = all[at + step];
    if (!next) return true;
    from.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    return true;
  }
}
