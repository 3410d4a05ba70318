/**
 * What a body has besides its text: a button on each block of code that copies it, and "Show more" where it is long. Loaded when the log is there.
 * Invariant: nothing moves when it comes: what is long is clipped by the style sheet from the first paint on, the buttons lie over it.
 */

import { announce, flag, onAction, slot, stencil } from "#page/dom.js";

/** How long a button says that it is done, milliseconds. */
const DONE = 1200;

/** Dress the messages of a log, and those to come. @param {HTMLElement} log the scrolling element */
export function dress(log) {
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => measure(/** @type {HTMLElement} */ (target))));
  const look = (/** @type {Element} */ within) => {
    for (const said of within.querySelectorAll("[data-slot=said]")) sizes.observe(said);
    for (const code of within.querySelectorAll("pre")) addCopy(code);
  };
  const list = slot("messages", log);
  look(list);
  new MutationObserver((records) => {
    const changed = new Set(records.filter(({ addedNodes }) => addedNodes.length).map(({ target }) => /** @type {Element} */ (target)));
    changed.forEach(look);
  }).observe(list, { childList: true, subtree: true });
  onAction(log, { fold: (button) => fold(log, button), "copy-code": (button) => copy(button) });
  log.addEventListener("focusin", ({ target }) => {
    const said = target instanceof HTMLElement && /** @type {HTMLElement | null} */ (target.closest("[data-folded] [data-slot=said]"));
    if (!said || target.getBoundingClientRect().bottom <= said.getBoundingClientRect().bottom) return;
    fold(log, slot("fold", messageOf(said)));
    target.scrollIntoView({ block: "nearest" });
  });
}

/** @param {HTMLElement} within @returns {HTMLElement} */
const messageOf = (within) => /** @type {HTMLElement} */ (within.closest(".message"));

/** Whether more is said than shows. @param {HTMLElement} said */
function measure(said) {
  const message = messageOf(said), button = slot("fold", message);
  if (message.dataset.unfolded !== undefined) return;
  const isLong = said.scrollHeight > said.clientHeight + 1;
  flag(message, "folded", isLong);
  button.hidden = !isLong;
}

/** Open what is folded, or fold it again; the message stays where it is. @param {HTMLElement} log @param {HTMLElement} button */
function fold(log, button) {
  const message = messageOf(button), opens = message.dataset.unfolded === undefined;
  const top = message.getBoundingClientRect().top;
  flag(message, "unfolded", opens);
  flag(message, "folded", !opens);
  button.setAttribute("aria-expanded", String(opens));
  button.textContent = opens ? gettext("Show less") : gettext("Show more");
  const edge = log.getBoundingClientRect().top;
  log.scrollTop += message.getBoundingClientRect().top - (opens ? top : Math.max(top, edge));
}

/** @param {Element} code */
function addCopy(code) {
  if (!code.querySelector(".copy")) code.append(stencil("copy"));
}

/** @param {HTMLElement} button on a block of code */
async function copy(button) {
  const code = /** @type {Element} */ (button.parentElement?.querySelector("code"));
  const isCopied = await navigator.clipboard?.writeText(code.textContent ?? "").then(() => true, () => false);
  if (!isCopied) return getSelection()?.selectAllChildren(code); // where the clipboard is closed to us, the reader's own keys copy it
  flag(button, "done", true);
  announce(gettext("Copied"));
  setTimeout(() => flag(button, "done", false), DONE);
}
