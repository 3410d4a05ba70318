/** To a day of the conversation, from the menu in the head: the first message from its beginning on, where the reader's clock stands. */

import { slot } from "#page/dom.js";

/** The menu was opened. @param {(moment: Date) => Promise<boolean | null>} jump returns whether anything was said since; null: not connected */
export function listen(jump) {
  const menu = /** @type {HTMLDetailsElement} */ (slot("when")), form = /** @type {HTMLFormElement} */ (menu.querySelector("form"));
  const box = /** @type {HTMLInputElement} */ (form.elements.namedItem("date")), note = slot("when-note", form);
  const summary = /** @type {HTMLElement} */ (menu.querySelector("summary"));
  menu.addEventListener("toggle", () => menu.open && box.focus());
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    summary.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (menu.open && target instanceof Node && !menu.contains(target)) menu.open = false;
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const isThere = await jump(new Date(`${box.value}T00:00`));
    note.textContent = isThere ? "" : isThere === null ? gettext("Not connected. Try again in a moment.") : gettext("Nothing has been said since then.");
    note.hidden = Boolean(isThere);
    if (isThere) menu.open = false;
  });
  box.focus();
}
