/**
 * The card of a person (templates/rooms/_person.html), over the page beside what was pressed: a face, a name, a mention. A popover: Escape or a press
 * elsewhere closes it, and the focus goes back.
 */

import { fill } from "#page/html.js";
import { place } from "#page/place.js";
import { fetchPart } from "#wire/pages.js";

/** @param {HTMLElement} anchor that was pressed @param {string} url of the person's page */
export async function openCard(anchor, url) {
  const partial = await fetchPart(url);
  if (partial === null) return;
  document.querySelector("[data-slot=card]")?.remove();
  const card = document.createElement("div");
  card.className = "card-over";
  card.dataset.slot = "card";
  card.popover = "auto";
  card.tabIndex = -1;
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-labelledby", "person-name");
  fill(card, partial);
  document.body.append(card);
  card.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") return;
    const hadFocus = card.contains(document.activeElement) || document.activeElement === document.body;
    card.remove();
    if (hadFocus) anchor.focus({ preventScroll: true });
  });
  card.showPopover();
  place(card, anchor.getBoundingClientRect());
  /** @type {HTMLElement} */ (card.querySelector("button, a") ?? card).focus({ preventScroll: true });
}
