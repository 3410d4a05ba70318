/**
 * New messages, told to who hears the page: each once, its author first. The logs themselves are silent (`aria-live="off"`): what is loaded into them from
 * before, what is edited and how it is reacted to is no news.
 */

import { slot } from "#page/dom.js";

/** @import { Message } from "#core/payloads.js" */

/** Characters read out. */
const MOST = 400;
/** How long it stands where it is read from, milliseconds: long enough to wait its turn. */
const STAYS = 30_000;

/** @param {Message} message @param {HTMLElement | undefined} element where it is drawn */
export function tell({ author, body, attachments = [] }, element) {
  const said = element?.querySelector("[data-slot=body]")?.textContent?.trim() || body, line = document.createElement("p");
  line.textContent = `${author.name}: ${[said.slice(0, MOST), ...attachments.map(({ name }) => name)].filter(Boolean).join(", ")}`;
  slot("heard").append(line);
  setTimeout(() => line.remove(), STAYS);
}
