/**
 * What a box for Markdown can do besides its keys: bold, italic and code by Ctrl or ⌘, a link by pasting an address over what is selected, emoji from the
 * palette or by name after a colon, people after an @ and rooms after a #, a preview. Loaded when the page stands. Invariant: each is one step of the box's own undo, and says so by an `input` event.
 */

import { references } from "#page/references.js";
import { Suggestions } from "#page/suggestions.js";
import { load, slot } from "#page/dom.js";
import { fill } from "#page/html.js";
import { fetchPreview } from "#wire/pages.js";

/** @type {Record<string, string>} */
const MARKS = { b: "**", i: "*", e: "`" };
/** How long after the last letter the preview follows, milliseconds. */
const PAUSE = 300;
const ADDRESS = /^(https?:\/\/|mailto:)\S+$/;
/** A colon at the beginning of a word, and two letters of a name. */
const NAME = /(?<![\p{L}\p{N}:])(:[\p{L}\p{N}_+-]{2,30})$/u;

const emojis = () => import("#page/emoji.js");

/** @param {HTMLElement} form with a box, and what else stands there of: tools, preview */
export function enrich(form) {
  const box = /** @type {HTMLTextAreaElement} */ (slot("box", form));
  const preview = new Preview(form, box);
  box.addEventListener("keydown", (event) => {
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && MARKS[event.key.toLowerCase()];
    if (!mark || event.isComposing) return;
    event.preventDefault();
    wrap(box, mark);
  });
  box.addEventListener("paste", (event) => {
    const address = event.clipboardData?.getData("text/plain").trim() ?? "", { selectionStart: start, selectionEnd: end } = box;
    const selected = box.value.slice(start, end);
    if (!selected.trim() || !ADDRESS.test(address) || ADDRESS.test(selected.trim())) return;
    event.preventDefault();
    insert(box, `[${selected}](${address})`);
  });
  new Suggestions(form, box, [...references(), {
    label: gettext("Emoji"), pattern: NAME,
    async find(text) {
      const all = await (await load(emojis))?.book();
      if (!all) return [];
      return all.find(text, 8).map((each) => ({ sign: all.shown(each), label: `:${each.shortcodes?.[0] ?? each.annotation}:`, text: all.shown(each) }));
    },
    async onpick({ text }) { (await (await load(emojis))?.book())?.used(text); },
  }]);
  return {
    /** Choose one, and write it. @param {HTMLElement} button */
    async emoji(button) {
      const emoji = await (await load(emojis))?.choose(button);
      box.focus();
      if (emoji) insert(box, emoji);
    },
    preview: () => preview.toggle(),
  };
}

/** Put it in place of what is selected; the box can undo it. @param {HTMLTextAreaElement} box @param {string} text */
export function insert(box, text) {
  box.focus();
  if (document.execCommand("insertText", false, text)) return; // the only way that keeps the undo
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Mark what is selected, or take the marks away again. @param {HTMLTextAreaElement} box @param {string} mark */
function wrap(box, mark) {
  const { selectionStart: start, selectionEnd: end, value } = box, selected = value.slice(start, end), size = mark.length;
  const isMarked = value.slice(start - size, start) === mark && value.slice(end, end + size) === mark && !(mark === "*" && value[start - 2] === "*");
  if (isMarked) {
    box.setSelectionRange(start - size, end + size);
    insert(box, selected);
    box.setSelectionRange(start - size, end - size);
  } else {
    insert(box, mark + selected + mark);
    box.setSelectionRange(start + size, end + size);
  }
}

/** How it will look, above the box, while one writes. */
class Preview {
  #room;
  #box;
  #button;
  #shown;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;

  /** @param {HTMLElement} form @param {HTMLTextAreaElement} box */
  constructor(form, box) {
    this.#room = form.dataset.room ?? "";
    this.#box = box;
    this.#button = /** @type {HTMLElement} */ (form.querySelector("[data-action=preview]"));
    this.#shown = slot("preview", /** @type {HTMLElement} */ (form.parentElement));
    box.addEventListener("input", () => {
      clearTimeout(this.#timer);
      if (!this.#shown.hidden) this.#timer = setTimeout(() => this.#draw(), PAUSE);
    });
    form.addEventListener("submit", () => this.toggle(false));
    form.addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Enter" && defaultPrevented && !box.value) this.toggle(false); // sent
    });
  }

  toggle(isOpen = this.#shown.hidden) {
    this.#shown.hidden = !isOpen;
    this.#button.setAttribute("aria-pressed", String(isOpen));
    if (isOpen) this.#draw();
    this.#box.focus();
  }

  async #draw() {
    const body = this.#box.value, asked = ++this.#asked;
    if (!body.trim()) return void (slot("look", this.#shown).textContent = gettext("Nothing to preview yet."));
    const html = await fetchPreview(body, this.#room).catch(() => null);
    if (asked !== this.#asked || this.#shown.hidden) return;
    if (html === null) slot("look", this.#shown).textContent = gettext("The preview could not be fetched. Try again in a moment.");
    else fill(slot("look", this.#shown), html);
  }
}
