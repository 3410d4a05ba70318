/** The list of the room's people in the panel beside the log. */

import { find, slot } from "#page/dom.js";
import { fill } from "#page/html.js";
import { fetchPart } from "#wire/pages.js";

/** Fetch it into the panel. @param {string} url of the page of people @param {() => void} close @returns {Promise<boolean>} whether it is there */
export async function show(url, close) {
  const partial = await fetchPart(url), panel = slot("panel");
  if (partial === null) return false;
  fill(panel, partial);
  panel.hidden = false;
  panel.onkeydown = ({ key }) => void (key === "Escape" && find("people", panel) && close());
  panel.querySelector("a")?.focus();
  return true;
}

/** Who is online comes first, and has a dot. @param {ReadonlySet<number>} online ids */
export function mark(online) {
  const list = find("people", slot("panel"));
  if (!list) return;
  const items = /** @type {HTMLElement[]} */ ([...list.children]);
  for (const item of items) {
    const isOnline = online.has(Number(item.dataset.user));
    item.toggleAttribute("data-online", isOnline);
    slot("presence", item).hidden = !isOnline;
  }
  const sorted = [...items].sort((a, b) => Number(b.hasAttribute("data-online")) - Number(a.hasAttribute("data-online")));
  if (sorted.some((item, at) => item !== items[at])) list.replaceChildren(...sorted);
}
