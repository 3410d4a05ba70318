/** "edited", pressed: when, and for its author and moderators what the message said before. Loaded when somebody asks. */

import { slot, stencil } from "#page/dom.js";
import { fill } from "#page/html.js";
import { exactly } from "#page/times.js";
import { fetchRevisions } from "#wire/pages.js";

/** @import { Message, Revision } from "#core/payloads.js" */

/** @param {string} room slug @param {Message} message @param {boolean} isAllowed to see what it said before */
export async function show(room, message, isAllowed) {
  const revisions = isAllowed ? await fetchRevisions(room, message.seq).catch(() => null) : [];
  const dialog = /** @type {HTMLDialogElement} */ (stencil("revisions")), list = slot("list", dialog);
  const when = interpolate(gettext("Last edited %(time)s."), { time: exactly(message.edited_at ?? message.created_at) }, true);
  const why = revisions === null ? gettext("What it said before could not be fetched. Try again in a moment.")
    : isAllowed ? "" : gettext("What it said before is for its author and moderators.");
  slot("about", dialog).textContent = [when, why].filter(Boolean).join(" ");
  list.replaceChildren(...(revisions ?? []).reverse().map(line));
  list.hidden = !revisions?.length;
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

/** @param {Revision} revision */
function line({ body, html, edited_at }) {
  const line = document.createElement("li"), time = document.createElement("time"), said = document.createElement("div");
  time.dateTime = edited_at;
  time.textContent = interpolate(gettext("Until %(time)s"), { time: exactly(edited_at) }, true);
  said.className = "body";
  said.dir = "auto";
  if (html) fill(said, html);
  else said.append(Object.assign(document.createElement("p"), { textContent: body }));
  line.append(time, said);
  return line;
}
