/**
 * A message on the page: binds a payload to the slots of templates/rooms/_message.html, the markup that the server fills too.
 * Invariant (the twin): what `bind` leaves in the DOM is what the server renders for the same payload, but for the reader's zone.
 */

import { flag, given, slot, stencil } from "#page/dom.js";
import { fill } from "#page/html.js";
import { exactly, timeOf } from "#page/times.js";

/** @import { Message, Reaction, Refusal, User } from "#core/payloads.js" */
/** @import { Entry } from "#core/outbox.js" */

const HUES = 12;
/** Characters of a quote. */
const EXCERPT = 80;

/** @param {Message} message @param {HTMLElement} [element] to bind anew @returns {HTMLElement} */
export function bind(message, element = stencil("message")) {
  element.id = element.dataset.seq = String(message.seq);
  delete element.dataset.clientId;
  delete element.dataset.state;
  slot("permalink", element).setAttribute("href", `#${message.seq}`);
  bindAuthor(element, message.author);
  bindTime(element, message.created_at);
  bindBody(element, message);
  flag(element, "deleted", message.deleted);
  slot("deleted", element).hidden = !message.deleted;
  slot("edited", element).hidden = !message.edited_at || message.deleted;
  bindQuote(element, message.reply_to);
  bindMarks(element, message.deleted ? [] : message.reactions ?? []);
  return element;
}

/**
 * What was written here and is not acknowledged.
 * @param {Entry} entry
 * @param {User} me
 * @param {Message} [parent] what it replies to, where that is at hand
 * @param {HTMLElement} [element] to bind anew
 */
export function bindPending(entry, me, parent, element = stencil("message")) {
  element.removeAttribute("id");
  element.removeAttribute("data-seq");
  element.dataset.clientId = entry.client_id;
  element.dataset.state = entry.state;
  slot("permalink", element).removeAttribute("href");
  bindAuthor(element, me);
  bindTime(element, entry.created_at);
  if (parent) bindQuote(element, { seq: parent.seq, author: parent.author, excerpt: excerptOf(parent.body) });
  const body = slot("body", element);
  body.replaceChildren(...paragraphs(entry.body));
  element.querySelector("[data-slot=refusal]")?.remove();
  if (entry.state === "failed") {
    const refusal = stencil("refusal");
    slot("reason", refusal).textContent = interpolate(gettext("Not sent: %(reason)s."), { reason: reasonOf(entry.error) }, true);
    body.after(refusal);
  }
  return element;
}

/** The time, in the reader's zone. @param {HTMLElement} element @param {string} created_at */
export function bindTime(element, created_at) {
  const time = slot("time", element);
  time.setAttribute("datetime", created_at);
  time.textContent = timeOf(created_at);
  time.title = exactly(created_at);
}

/** @param {HTMLElement} element @param {User} author */
function bindAuthor(element, author) {
  element.dataset.author = String(author.id);
  slot("author", element).textContent = author.name;
  const face = slot("face", element);
  face.className = `face hue-${author.id % HUES}`;
  face.textContent = initials(author.name);
}

/** @param {HTMLElement} element @param {Message} message */
function bindBody(element, { body, html, deleted }) {
  const into = slot("body", element);
  into.hidden = deleted;
  if (deleted) into.replaceChildren();
  else if (html) fill(into, html);
  else into.replaceChildren(paragraph(body));
}

/** @param {HTMLElement} element @param {Message["reply_to"]} quoted */
function bindQuote(element, quoted) {
  slot("quote", element).hidden = !quoted;
  slot("quote-link", element).setAttribute("href", quoted ? `#${quoted.seq}` : "");
  slot("quote-author", element).textContent = quoted?.author.name ?? "";
  slot("quote-excerpt", element).textContent = quoted?.excerpt ?? "";
}

/** Why it was refused; which field the server means is for programs. @param {Refusal | null} error */
const reasonOf = (error) => (error?.message ?? "").replace(`${error?.field}: `, "");

/** As rooms/models/message.py cuts it. @param {string} body */
function excerptOf(body) {
  const words = [...body.split(/\s+/).join(" ").trim()];
  return words.length > EXCERPT ? words.slice(0, EXCERPT - 1).join("") + "…" : words.join("");
}

/** @param {HTMLElement} element @param {Reaction[]} reactions */
function bindMarks(element, reactions) {
  const marks = slot("marks", element), focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.emoji;
  const hadFocus = marks.contains(document.activeElement);
  marks.hidden = !reactions.length;
  marks.replaceChildren(...reactions.map(({ emoji, count, users }) => {
    const mark = stencil("mark");
    mark.dataset.emoji = emoji;
    mark.title = users.map(({ name }) => name).join(", ");
    mark.setAttribute("aria-pressed", String(users.some(({ id }) => id === me())));
    slot("mark-emoji", mark).textContent = emoji;
    slot("mark-count", mark).textContent = String(count);
    return mark;
  }));
  if (hadFocus && focused) /** @type {HTMLElement | null} */ (marks.querySelector(`[data-emoji="${CSS.escape(focused)}"]`))?.focus();
}

/** Who looks at the page: their id. */
const me = () => (meId ??= given("me-data")?.id);
/** @type {number | undefined} */
let meId;

/** @param {string} name @returns {string} "Ana Berg" is AB, "ana" is AN */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [first(words[0]), first(words[words.length - 1])] : [...name.trim()].slice(0, 2);
  return letters.join("").toUpperCase();
}

/** @param {string} word */
const first = (word) => [...word][0];

/** @param {string} text @returns {HTMLParagraphElement} */
function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

/** What was typed, until the server says how it looks. @param {string} body */
function paragraphs(body) {
  return body.split(/\n{2,}/).map((text) => {
    const element = paragraph("");
    text.split("\n").forEach((line, at) => element.append(...(at ? [document.createElement("br")] : []), line));
    return element;
  });
}
