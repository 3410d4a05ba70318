/**
 * The files that go with what one is writing: chosen, dropped or pasted (text too long for a message is one), uploaded at once, each with its progress, to be cancelled and tried again.
 * Invariant: what the tray holds is what the draft says; taking it empties it, and the uploads go on.
 */

import { reasonOf, sizeWords } from "#page/message.js";
import { previews, slot, stencil, uuid } from "#page/dom.js";
import { fileOf, keep, onProgress, sent, share, withdraw } from "#wire/uploads.js";

/** @import { Sent } from "#core/payloads.js" */

/** What a page shows as an image; anything else that says it is one is a card. */
const IMAGES = /^image\/(jpeg|png|gif|webp)$/, PLAYS = /^(audio|video)\//;

export class Tray {
  #form;
  #room;
  #onchange;
  #complain;
  #list;
  #input;
  /** @type {Map<string, { file: Sent, element: HTMLElement }>} */
  #items = new Map();

  /**
   * @param {HTMLFormElement} form the composer's
   * @param {{ onchange: () => void, complain: (text: string) => void }} ports
   * @param {boolean} isDragged whether something is held over it already
   */
  constructor(form, { onchange, complain }, isDragged) {
    this.#form = form;
    this.#room = form.dataset.room ?? "";
    this.#onchange = onchange;
    this.#complain = complain;
    this.#list = slot("tray", form);
    const input = this.#input = /** @type {HTMLInputElement} */ (slot("files", form));
    const chosen = () => {
      this.add([...input.files ?? []]);
      input.value = "";
    };
    input.addEventListener("change", chosen);
    if (input.files?.length) chosen(); // before this was here
    this.#receive(/** @type {HTMLElement} */ (form.closest("main, aside") ?? form), Number(isDragged));
    onProgress((id) => this.#draw(id));
    addEventListener("online", () => this.#again());
  }

  /** What goes along, in order. @returns {Sent[]} */
  get files() { return [...this.#items.values()].map(({ file }) => file); }

  /** @param {boolean} isHidden while something else is written */
  hide(isHidden) {
    this.#list.hidden = isHidden || !this.#items.size;
    this.#input.disabled = isHidden;
  }

  /** Hand over what there is; the uploads go on. @returns {Sent[]} */
  take() {
    const files = this.files;
    this.#list.replaceChildren();
    this.#items.clear();
    this.hide(false);
    return files;
  }

  /** Show these, and go on sending them. @param {Sent[]} files */
  async restore(files) {
    for (const file of files.filter(({ id }) => !this.#items.has(id))) {
      const kept = await fileOf(file.id);
      if (!kept) continue; // the browser has forgotten it
      previews.set(file.id, previews.get(file.id) ?? URL.createObjectURL(kept));
      this.#put(file);
    }
  }

  /** @param {File[]} files */
  async add(files) {
    if (this.#form.hidden || this.#input.disabled) return;
    const { maxFile, maxFiles } = this.#form.dataset;
    for (const file of files) {
      if (this.#items.size >= Number(maxFiles)) {
        this.#complain(interpolate(gettext("At most %(most)s files with a message."), { most: maxFiles }, true));
        break;
      }
      if (!file.size || file.size > Number(maxFile)) {
        const format = file.size ? gettext("%(name)s is too large: %(size)s, at most %(most)s.") : gettext("%(name)s is empty, or a folder.");
        this.#complain(interpolate(format, { name: file.name, size: sizeWords(file.size), most: sizeWords(Number(maxFile)) }, true));
        continue;
      }
      const id = uuid(), url = URL.createObjectURL(file);
      previews.set(id, url);
      keep(id, file);
      this.#put({ id, name: file.name, size: file.size, url: `/attachments/${id}/`, ...await look(file, url) });
    }
  }

  /** @param {Sent} file */
  #put(file) {
    const element = stencil("upload"), { id, name } = file;
    const picture = /** @type {HTMLImageElement} */ (slot("upload-picture", element));
    const isPicture = file.content_type.startsWith("image/");
    element.dataset.upload = id;
    slot("upload-name", element).textContent = element.title = name;
    if (isPicture) picture.src = previews.get(id) ?? "";
    picture.hidden = !isPicture;
    slot("upload-progress", element).setAttribute("aria-label", name);
    const remove = slot("upload-remove", element);
    remove.setAttribute("aria-label", interpolate(gettext("Remove %(name)s"), { name }, true));
    remove.addEventListener("click", () => this.#remove(id));
    slot("upload-retry", element).addEventListener("click", () => this.#send(id));
    this.#items.set(id, { file, element });
    this.#list.append(element);
    this.hide(false);
    this.#onchange();
    this.#send(id);
  }

  /** @param {string} id */
  #remove(id) {
    const item = this.#items.get(id);
    if (!item) return;
    const next = /** @type {HTMLElement | null} */ (item.element.nextElementSibling ?? item.element.previousElementSibling);
    withdraw(this.#room, id);
    item.element.remove();
    this.#items.delete(id);
    this.hide(false);
    this.#complain("");
    this.#onchange();
    (next ? slot("upload-remove", next) : slot("box", this.#form)).focus();
  }

  /** @param {string} id */
  async #send(id) {
    this.#draw(id, "sending");
    const answer = await sent(this.#room, id).catch(() => null);
    if (answer?.ok) return this.#draw(id, "sent");
    if (answer?.error.retry_after) return void setTimeout(() => this.#items.has(id) && this.#send(id), 1000 * answer.error.retry_after);
    this.#draw(id, "failed", answer ? reasonOf(answer.error) : gettext("Interrupted."), !answer);
  }

  /** What was cut off, once the network is back. */
  #again() {
    for (const [id, { element }] of this.#items) if (element.dataset.state === "failed") this.#send(id);
  }

  /** @param {string} id @param {string} [state] @param {string} [reason] @param {boolean} [canRetry] */
  #draw(id, state, reason = "", canRetry = false) {
    const item = this.#items.get(id);
    if (!item) return;
    const { element, file } = item, progress = /** @type {HTMLProgressElement} */ (slot("upload-progress", element));
    if (state) {
      element.dataset.state = state;
      slot("upload-note", element).textContent = reason || sizeWords(file.size);
      slot("upload-retry", element).hidden = !canRetry;
      progress.hidden = state !== "sending";
    }
    progress.value = share(id);
  }

  /** Take what is dropped. @param {HTMLElement} into @param {number} depth dragenter and dragleave come for every element on the way */
  #receive(into, depth) {
    const isFiles = (/** @type {DragEvent} */ event) => Boolean(event.dataTransfer?.types.includes("Files")) && !this.#form.hidden && this.#form.isConnected;
    const show = () => into.toggleAttribute("data-drop", depth > 0);
    into.dataset.dropText = gettext("Drop files to send them");
    show();
    into.addEventListener("dragenter", (event) => {
      if (isFiles(event)) depth += 1;
      show();
    });
    into.addEventListener("dragleave", (event) => {
      if (isFiles(event)) depth = Math.max(0, depth - 1);
      show();
    });
    into.addEventListener("dragover", (event) => {
      if (isFiles(event)) event.preventDefault();
    });
    into.addEventListener("drop", (event) => {
      depth = 0;
      show();
      if (!isFiles(event)) return;
      event.preventDefault();
      this.add([...event.dataTransfer?.files ?? []]);
      slot("box", this.#form).focus();
    });
  }
}

/** How far the files of messages are that wait in the log. */
onProgress(() => {
  for (const bar of /** @type {NodeListOf<HTMLProgressElement>} */ (document.querySelectorAll("progress.uploading"))) {
    const files = /** @type {NodeListOf<HTMLElement>} */ (bar.closest(".message")?.querySelectorAll("[data-attachment]"));
    bar.value = [...files].reduce((sum, { dataset }) => sum + share(dataset.attachment ?? "") / files.length, 0);
  }
});

/** What it will be: an image that can be shown, and how large. @param {File} file @param {string} url of it @returns {Promise<Pick<Sent, "content_type" | "width" | "height">>} */
async function look(file, url) {
  if (IMAGES.test(file.type)) {
    const image = new Image();
    image.src = url;
    const isOne = await image.decode().then(() => true, () => false);
    if (isOne) return { content_type: file.type, width: image.naturalWidth, height: image.naturalHeight };
  }
  return { content_type: PLAYS.test(file.type) ? file.type : "application/octet-stream" };
}
