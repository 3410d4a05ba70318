/** Reporting a message: why is asked in a dialog, which stays until the server has it. Loaded when somebody does. */

import { onAction, slot, stencil } from "#page/dom.js";

/** @param {(reason: string) => Promise<string>} send resolves with why it was refused, or "" */
export function ask(send) {
  const dialog = /** @type {HTMLDialogElement} */ (stencil("report")), form = /** @type {HTMLFormElement} */ (slot("asks", dialog));
  onAction(dialog, { keep: () => dialog.close() });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const refusal = await send(String(new FormData(form).get("reason")));
    slot("refused", dialog).textContent = refusal;
    if (refusal) return;
    form.hidden = true;
    slot("thanks", dialog).hidden = false;
    slot("thanks", dialog).querySelector("button")?.focus();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
