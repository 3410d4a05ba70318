/** Addresses to pass on: a button each that copies it. Loaded by the pages that show one. */

import { announce, onAction, slot } from "#page/dom.js";

/** How long a button says that it is done, milliseconds. */
const DONE = 2000;

for (const button of document.querySelectorAll("[data-action=copy-address]")) button.toggleAttribute("hidden", false);
document.body.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLInputElement && target.dataset.slot === "address") target.select();
});
onAction(document.body, {
  "copy-address": async (button) => {
    const input = /** @type {HTMLInputElement} */ (slot("address", /** @type {HTMLElement} */ (button.parentElement)));
    const isCopied = await navigator.clipboard?.writeText(input.value).then(() => true, () => false);
    if (!isCopied) return input.focus(); // where the clipboard is closed to us, the reader's own keys copy what is selected
    const words = button.firstChild, before = words?.textContent ?? "";
    if (!words || button.dataset.done !== undefined) return;
    words.textContent = gettext("Copied");
    button.dataset.done = "";
    announce(gettext("Copied"));
    setTimeout(() => {
      words.textContent = before;
      delete button.dataset.done;
    }, DONE);
  },
});
