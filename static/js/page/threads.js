/** The page of the threads one follows: drawn anew by the server when there is news. Invariant: one request at a time; the last news is in what is shown. */

import { fill } from "#page/html.js";
import { fetchPartial } from "#wire/pages.js";

let isAsking = false, isStale = false;

/** @param {HTMLElement} list */
export async function refresh(list) {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  while (isStale) {
    isStale = false;
    const partial = await fetchPartial(`?${new URLSearchParams([...new URLSearchParams(location.search), ["partial", ""]])}`).catch(() => null);
    if (partial !== null) draw(list, partial);
  }
  isAsking = false;
}

/** Who is in the list stays at their thread. @param {HTMLElement} list @param {string} partial */
function draw(list, partial) {
  const item = document.activeElement?.closest("[data-thread]"), thread = item instanceof HTMLElement && list.contains(item) && item.dataset.thread;
  fill(list, partial);
  if (thread) /** @type {HTMLElement | null} */ (list.querySelector(`[data-thread="${CSS.escape(thread)}"] a`))?.focus();
}
