/** Where one writes: Enter sends, Shift+Enter breaks the line, a draft a room survives a reload, and others hear that one types. */

import { Drafts } from "#core/drafts.js";
import { slot } from "#page/dom.js";
import { storage } from "#wire/storage.js";

/** Signs of typing go out at most this often, milliseconds. */
const SIGN_EVERY = 3000;

export class Composer {
  #form = /** @type {HTMLFormElement} */ (slot("composer"));
  #box = /** @type {HTMLTextAreaElement} */ (slot("box"));
  #error = slot("composer-error");
  #drafts;
  #room;
  #onsend;
  #ontyping;
  #signed = -Infinity;

  /**
   * @param {string} room slug
   * @param {number} me user id: whoever signs in next on this device has drafts of their own
   * @param {(body: string) => void} onsend
   * @param {() => void} ontyping
   */
  constructor(room, me, onsend, ontyping) {
    this.#room = room;
    this.#onsend = onsend;
    this.#ontyping = ontyping;
    this.#drafts = new Drafts(storage, `draft:${me}`);
    this.#box.value = this.#drafts.get(room)?.body ?? this.#box.value;
    this.#box.addEventListener("input", () => this.#changed());
    this.#box.addEventListener("keydown", (event) => this.#pressed(event));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    if (matchMedia("(pointer: fine)").matches && !location.hash) this.#box.focus();
    this.#grow();
  }

  /** Write this anew. @param {string} body */
  restore(body) {
    this.#box.value = [body, this.#box.value].filter((text) => text.trim()).join("\n");
    this.#changed();
    this.#box.focus();
  }

  /** The room is called otherwise now. @param {string} name */
  rename(name) {
    const text = interpolate(gettext("Message %(name)s"), { name }, true);
    this.#box.placeholder = text;
    this.#box.setAttribute("aria-label", text);
  }

  /** @param {boolean} canPost */
  enable(canPost) {
    this.#form.hidden = !canPost;
    slot("closed").hidden = canPost;
  }

  /** Nothing more can be said here. */
  close() {
    this.#form.hidden = true;
  }

  #send() {
    const body = this.#box.value;
    if (!body.trim() || !this.#fits(body)) return;
    this.#box.value = "";
    this.#drafts.clear(this.#room);
    this.#signed = -Infinity;
    this.#grow();
    this.#onsend(body);
  }

  #changed() {
    const body = this.#box.value;
    this.#drafts.set(this.#room, { body });
    this.#fits(body);
    this.#grow();
    if (!body.trim() || Date.now() - this.#signed < SIGN_EVERY) return;
    this.#signed = Date.now();
    this.#ontyping();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  /** Whether the server would take it; if not, says so. @param {string} body */
  #fits(body) {
    const most = Number(this.#form.dataset.max), length = [...body].length;
    const text = length <= most ? ""
      : interpolate(gettext("%(length)s characters, at most %(most)s."), { length: length.toLocaleString(), most: most.toLocaleString() }, true);
    if (this.#error.textContent !== text) this.#error.textContent = text;
    return length <= most;
  }

  /** Where `field-sizing` is unknown the box is made as high as its text. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#box.rows = Math.min(12, this.#box.value.split("\n").length);
  }
}
