/**
 * What is seldom done with a message: the menu of the bar. A popover: Escape or a press elsewhere closes it, and the focus goes back. Up and Down go
 * from one to the next.
 */

import { place } from "#page/place.js";

/** @param {HTMLElement} menu @param {HTMLElement} button that opens it */
export function openMenu(menu, button) {
  menu.ontoggle = (event) => button.setAttribute("aria-expanded", String(/** @type {ToggleEvent} */ (event).newState === "open"));
  menu.showPopover();
  place(menu, button.getBoundingClientRect());
  choices(menu)[0]?.focus({ preventScroll: true });
}

/** @param {HTMLElement} menu @param {number} by 1 or -1 */
export function step(menu, by) {
  const all = choices(menu), at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  all[(at + by + all.length) % all.length]?.focus({ preventScroll: true });
}

/** @param {HTMLElement} menu @returns {HTMLElement[]} what may be chosen just now */
const choices = (menu) => [...menu.querySelectorAll("button")].filter((button) => !button.hidden);
