/**
 * Completing a word as one types it: a list over the box, in the pattern of a combobox with a listbox (WAI-ARIA). What may be completed is the sources' matter.
 * Keys: Up and Down choose, Enter or Tab takes, Escape leaves. Invariant: the focus stays in the box; nothing is caught while no list is open. What is
 * written in full already is left to the box: Enter sends it.
 */

import { stencil } from "#page/dom.js";

/** @typedef {{ label: string, text: string, sign?: string, hue?: number, detail?: string }} Option `text` takes the place of what matched; with a hue the sign is a face */
/**
 * @typedef {object} Source
 * @property {string} label what the list is called
 * @property {RegExp} pattern of the text up to the caret; its first group is what is completed
 * @property {(text: string) => Promise<Option[]>} find best first
 * @property {(option: Option) => void} [onpick]
 */

/** Lists on a page, for their ids. */
let lists = 0;

export class Suggestions {
  #box;
  #sources;
  #list = stencil("suggestions");
  /** @type {{ source: Source, text: string } | null} what is completed */
  #open = null;
  /** @type {Option[]} */
  #options = [];
  #at = 0;
  #asked = 0;

  /** @param {HTMLElement} form around the box @param {HTMLTextAreaElement} box @param {Source[]} sources */
  constructor(form, box, sources) {
    this.#box = box;
    this.#sources = sources;
    this.#list.id = `suggestions-${++lists}`;
    form.append(this.#list);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.#list.id);
    box.addEventListener("input", () => this.#look());
    box.addEventListener("blur", () => this.close());
    form.addEventListener("keydown", (event) => this.#pressed(event), { capture: true }); // before the box's own keys
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the focus stays in the box
      const option = event.target instanceof Element && event.target.closest("[role=option]");
      if (option) this.#take([...this.#list.children].indexOf(option));
    });
    if (document.activeElement === box) this.#look(); // who was quicker than this came
  }

  close() {
    this.#asked += 1;
    this.#open = null;
    this.#list.hidden = true;
    this.#box.removeAttribute("aria-activedescendant");
  }

  /** What is written up to the caret. */
  get #before() { return this.#box.value.slice(0, this.#box.selectionStart); }

  async #look() {
    const asked = ++this.#asked, before = this.#before;
    const found = this.#sources.map((source) => ({ source, text: source.pattern.exec(before)?.[1] ?? "" })).find(({ text }) => text);
    const options = found ? await found.source.find(found.text).catch(() => []) : [];
    if (asked !== this.#asked || before !== this.#before) return;
    if (!found || !options.length) return this.close();
    this.#open = found;
    this.#options = options;
    this.#at = 0;
    this.#list.setAttribute("aria-label", found.source.label);
    this.#list.replaceChildren(...options.map((option, at) => this.#line(option, at)));
    this.#list.hidden = false;
    this.#mark();
  }

  /** @param {Option} option @param {number} at */
  #line({ sign, hue, label, detail }, at) {
    const line = document.createElement("li");
    line.id = `${this.#list.id}-${at}`;
    line.role = "option";
    for (const [name, text] of Object.entries({ sign, label, detail })) {
      if (text) line.append(Object.assign(document.createElement("span"), { className: `suggestion-${name}`, textContent: text }));
    }
    if (hue !== undefined) line.children[0].className = `face hue-${hue}`;
    return line;
  }

  #mark() {
    [...this.#list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === this.#at)));
    const line = this.#list.children[this.#at];
    line.scrollIntoView({ block: "nearest" });
    this.#box.setAttribute("aria-activedescendant", line.id);
  }

  /** @param {number} at */
  #take(at) {
    const option = this.#options[at], open = this.#open;
    if (!option || !open) return;
    const end = this.#box.selectionStart;
    this.#box.setSelectionRange(end - open.text.length, end);
    this.close();
    if (!document.execCommand("insertText", false, `${option.text} `)) this.#box.setRangeText(`${option.text} `, end - open.text.length, end, "end");
    this.close(); // what was put in is complete
    open.source.onpick?.(option);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (!this.#open || event.target !== this.#box || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const isWhole = event.key === "Enter" && this.#options[this.#at].text === this.#open.text.toLowerCase();
    if (isWhole || !this.#before.endsWith(this.#open.text)) return this.close();
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key], count = this.#options.length;
    if (step) {
      this.#at = (this.#at + step + count) % count;
      this.#mark();
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this.#take(this.#at);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
