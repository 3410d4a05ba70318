/**
 * A picture over the page, in full; the arrow keys go to the ones before and after it, Escape goes back to where it stands in the log.
 * Invariant: the focus comes back to the picture that was seen last.
 */

import { onAction, slot, stencil } from "#page/dom.js";

/** @param {HTMLAnchorElement} picture in the log @param {HTMLElement} log whose pictures are gone through */
export function show(picture, log) {
  const dialog = /** @type {HTMLDialogElement} */ (stencil("lightbox"));
  const image = /** @type {HTMLImageElement} */ (slot("lightbox-picture", dialog)), save = /** @type {HTMLAnchorElement} */ (slot("lightbox-save", dialog));
  const pictures = () => /** @type {HTMLAnchorElement[]} */ ([...log.querySelectorAll(".picture")]); // new ones come while one looks

  const draw = () => {
    const all = pictures(), at = all.indexOf(picture), name = picture.title;
    if (at < 0) return dialog.close(); // it was deleted, and it was the only one
    image.src = picture.href;
    image.alt = save.download = slot("lightbox-name", dialog).textContent = name;
    save.href = picture.href;
    slot("lightbox-at", dialog).textContent = interpolate(gettext("%(at)s of %(count)s"), { at: at + 1, count: all.length }, true);
    for (const [action, other] of Object.entries({ previous: all[at - 1], next: all[at + 1] })) {
      const button = /** @type {HTMLButtonElement} */ (dialog.querySelector(`[data-action=${action}]`));
      button.hidden = !other;
      if (other) new Image().src = other.href; // at hand when it is asked for
    }
  };
  const step = (/** @type {number} */ by) => {
    const all = pictures();
    picture = all[all.indexOf(picture) + by] ?? (picture.isConnected ? picture : all.at(-1)) ?? picture;
    draw();
    if (document.activeElement === document.body) dialog.focus(); // the button that was pressed is gone
  };

  onAction(dialog, { close: () => dialog.close(), previous: () => step(-1), next: () => step(1) });
  dialog.addEventListener("keydown", (event) => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") step(event.key === forward ? 1 : -1);
    else if (event.key === "Home") step(-pictures().indexOf(picture));
    else if (event.key === "End") step(pictures().length - 1 - pictures().indexOf(picture));
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (picture.isConnected) picture.focus();
  });
  document.body.append(dialog);
  draw();
  dialog.showModal();
}
