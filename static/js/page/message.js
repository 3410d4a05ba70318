/**
 * A message on the page: binds a payload to the slots of templates/rooms/_message.html, the markup that the server fills too.
 * Invariant (the twin): what `bind` leaves in the DOM is what the server renders for the same payload, but for the reader's zone.
 */

import { isCalled } from "#core/unread.js";
import { find, flag, given, previews, slot, stencil } from "#page/dom.js";
import { fill } from "#page/html.js";
import { dayName, dayOf, exactly, timeOf } from "#page/times.js";

/** @import { Attachment, Message, Reaction, Refusal, Sent, User } from "#core/payloads.js" */
/** @import { Entry } from "#core/outbox.js" */

const HUES = 12;
/** Characters of a quote. */
const EXCERPT = 80;
/** People named with one emoji. */
const NAMED = 20;
/** Emoji alone, as rooms/formatting.py will find, near enough. */
const LARGE = /^[\s\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f]{1,40}$/u;
/** The most a picture takes in the log, CSS pixels. */
const PICTURE = { width: 400, height: 300 };

/** @param {Message} message @param {HTMLElement} [element] to bind anew @returns {HTMLElement} */
export function bind(message, element = stencil("message")) {
  element.id = element.dataset.seq = String(message.seq);
  delete element.dataset.clientId;
  delete element.dataset.state;
  find("uploading", element)?.remove();
  slot("permalink", element).setAttribute("href", `#${message.seq}`);
  const report = slot("report", element);
  report.setAttribute("href", `/rooms/${encodeURIComponent(given("room-data").slug)}/messages/${message.seq}/report/`);
  report.hidden = message.author.id === me();
  bindAuthor(element, message.author);
  bindTime(element, message.created_at);
  bindBody(element, message);
  flag(element, "deleted", message.deleted);
  flag(element, "mention", !message.deleted && isCalled(message, me()));
  slot("deleted", element).hidden = !message.deleted;
  slot("edited", element).hidden = !message.edited_at || message.deleted;
  bindQuote(element, message.reply_to);
  bindMarks(element, message.deleted ? [] : message.reactions ?? []);
  bindAttachments(element, message.attachments ?? []);
  bindThread(element, message);
  bindKept(element, message);
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
  if (parent) bindQuote(element, { seq: parent.seq, author: parent.author, excerpt: parent.deleted ? "" : excerptOf(parent.body) || "📎" });
  const body = slot("body", element);
  drawn.delete(body);
  body.replaceChildren(...paragraphs(entry.body));
  body.hidden = !entry.body && Boolean(entry.attachments);
  bindAttachments(element, (entry.attachments ?? []).map(asChosen));
  find("uploading", element)?.remove();
  if (entry.state === "sending" && entry.attachments) slot("attachments", element).after(stencil("uploading"));
  element.querySelector("[data-slot=refusal]")?.remove();
  if (entry.state === "failed") {
    const refusal = stencil("refusal");
    slot("reason", refusal).textContent = interpolate(gettext("Not sent: %(reason)s."), { reason: reasonOf(entry.error) }, true);
    slot("said", element).after(refusal);
  }
  return element;
}

/** As it is on this device; a card until that is at hand. @param {Sent} file @returns {Attachment} */
function asChosen(file) {
  const url = previews.get(file.id);
  return url ? { ...file, url } : { ...file, content_type: "" };
}

/** The time, in the reader's zone. @param {HTMLElement} element @param {string} created_at */
export function bindTime(element, created_at) {
  const time = slot("time", element);
  time.setAttribute("datetime", created_at);
  time.textContent = timeOf(created_at);
  time.title = exactly(created_at);
  bindAnswered(element);
}

/** The numbers of the messages of this room that one has saved. @type {Set<number>} */
export const saved = new Set(given("saved-data") ?? []);

/** @param {HTMLElement} element @param {Message} message */
function bindKept(element, { seq, deleted, pinned_at, pinned_by }) {
  const pin = slot("pinned", element);
  pin.hidden = !pinned_at;
  pin.textContent = pinned_by ? interpolate(gettext("Pinned by %(name)s"), { name: pinned_by.name }, true) : pinned_at ? gettext("Pinned") : "";
  drawSaved(element, saved.has(seq) && !deleted);
}

/** @param {HTMLElement} element @param {boolean} on */
function drawSaved(element, on) {
  slot("saved", element).hidden = !on;
  slot("kept", element).hidden = !on && slot("pinned", element).hidden;
}

/** One has saved the message, or put it away. @param {number} seq @param {boolean} on */
export function markSaved(seq, on) {
  if (on) saved.add(seq);
  else saved.delete(seq);
  for (const element of document.querySelectorAll(`.message[data-seq="${seq}"]:not([data-deleted])`)) drawSaved(/** @type {HTMLElement} */ (element), on);
}

/** When the last answer came. @param {HTMLElement} element */
function bindAnswered(element) {
  const time = slot("answered", element), at = time.getAttribute("datetime");
  time.textContent = !at ? "" : dayOf(at) === dayOf(new Date()) ? timeOf(at) : dayName(dayOf(at));
  if (at) time.title = exactly(at);
}

/** What hangs under it. @param {HTMLElement} element @param {Message} message */
function bindThread(element, { seq, answers }) {
  const link = slot("thread", element), count = answers?.count ?? 0;
  link.hidden = !count;
  link.setAttribute("href", answers ? `/rooms/${encodeURIComponent(given("room-data").slug)}/threads/${seq}/` : "");
  slot("thread-faces", element).replaceChildren(...(answers?.users ?? []).map((user) => {
    const face = document.createElement("span");
    drawFace(face, user);
    return face;
  }));
  slot("thread-count", element).textContent = count ? interpolate(ngettext("%(count)s answer", "%(count)s answers", count), { count }, true) : "";
  slot("answered", element).setAttribute("datetime", answers?.last_at ?? "");
  bindAnswered(element);
}

/** @param {HTMLElement} element @param {User} author */
function bindAuthor(element, author) {
  element.dataset.author = String(author.id);
  slot("author", element).textContent = author.name;
  slot("author", element).setAttribute("href", `/people/${author.id}/`);
  drawFace(slot("face", element), author);
}

/** Initials on a colour, and over them the picture where there is one. @param {HTMLElement} face @param {Omit<User, "handle">} user */
export function drawFace(face, { id, name, avatar }) {
  face.className = `face hue-${id % HUES}`;
  face.textContent = initials(name);
  if (avatar) face.append(Object.assign(document.createElement("img"), { src: avatar, alt: "" }));
}

/** @param {HTMLElement} element @param {Message} message */
function bindBody(element, { body, html, deleted, attachments }) {
  const into = slot("body", element);
  into.hidden = deleted || Boolean(attachments && !body);
  const look = deleted ? "" : html ?? `\0${body}`;
  if (drawn.get(into) === look) return; // what is selected, or in focus, in it stays so
  drawn.set(into, look);
  if (deleted) into.replaceChildren();
  else if (html) fill(into, html);
  else into.replaceChildren(paragraph(body));
}

/** What stands in each body. @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap();

/** @param {HTMLElement} element @param {Message["reply_to"]} quoted */
function bindQuote(element, quoted) {
  slot("quote", element).hidden = !quoted;
  slot("quote-link", element).setAttribute("href", quoted ? `#${quoted.seq}` : "");
  slot("quote-author", element).textContent = quoted?.author.name ?? "";
  slot("quote-excerpt", element).textContent = quoted?.excerpt ?? "";
}

/** Why it was refused; which field the server means is for programs. @param {Refusal | null} error */
export const reasonOf = (error) => (error?.message ?? "").replace(`${error?.field}: `, "");

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
  marks.replaceChildren(...reactions.map(({ emoji, count, users, others }) => {
    const mark = stencil("mark");
    mark.dataset.emoji = emoji;
    mark.title = who(users, count);
    mark.setAttribute("aria-label", `${emoji} ${count}: ${mark.title}`);
    mark.setAttribute("aria-pressed", String(others?.includes(me()) || users.some(({ id }) => id === me())));
    slot("mark-emoji", mark).textContent = emoji;
    slot("mark-count", mark).textContent = String(count);
    return mark;
  }));
  if (hadFocus && focused) /** @type {HTMLElement | null} */ (marks.querySelector(`[data-emoji="${CSS.escape(focused)}"]`))?.focus();
}

/** What is drawn stays as it is: it may be playing. @param {HTMLElement} element @param {Attachment[]} attachments */
function bindAttachments(element, attachments) {
  const into = slot("attachments", element), shown = /** @type {HTMLElement[]} */ ([...into.children]);
  into.hidden = !attachments.length;
  const isDrawn = attachments.every(({ id, url }, n) => shown[n]?.dataset.attachment === id && linkOf(shown[n]).getAttribute("href") === url);
  if (isDrawn && attachments.length === shown.length) return;
  into.replaceChildren(...attachments.map((attachment) => bindAttachment(attachment, shown.find(({ dataset }) => dataset.attachment === attachment.id))));
}

/** @param {HTMLElement} attachment @returns {HTMLAnchorElement} */
const linkOf = (attachment) => /** @type {HTMLAnchorElement} */ (attachment.localName === "a" ? attachment : attachment.querySelector("a"));

/** @param {Attachment} attachment @param {HTMLElement} [drawn] to bind anew, if it is of the same kind @returns {HTMLElement} */
function bindAttachment({ id, name, content_type, size, url, thumbnail, width = 1, height = 1 }, drawn) {
  const said = content_type.split("/")[0], kind = ["image", "audio", "video"].includes(said) ? said : "file";
  const element = drawn?.dataset.kind === kind ? drawn : stencil(kind);
  element.dataset.attachment = id;
  if (kind === "image") {
    const picture = /** @type {HTMLImageElement} */ (slot("picture", element));
    const scale = Math.min(1, PICTURE.width / width, PICTURE.height / height);
    picture.width = Math.max(1, Math.floor(width * scale + 0.5));
    picture.height = Math.max(1, Math.floor(height * scale + 0.5));
    picture.alt = element.title = name;
    if (drawn !== element) picture.src = thumbnail ?? url; // else one sees the file itself, which was chosen here
    element.setAttribute("href", url);
    return element;
  }
  const media = find("media", element), named = slot("file-name", element);
  media?.setAttribute("aria-label", name);
  if (drawn !== element) media?.setAttribute("src", url); // it may be playing
  named.textContent = name;
  linkOf(element).setAttribute("href", url);
  linkOf(element).download = name;
  slot("file-size", element).textContent = sizeWords(size);
  return element;
}

/** As rooms/templatetags/conversation.py says it: 512 B, 34 kB, 1.2 MB. @param {number} size bytes */
export function sizeWords(size) {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${Math.floor((size + 500) / 1000)} kB`;
  const tenths = Math.floor((size + 50_000) / 100_000);
  return `${Math.floor(tenths / 10)}${get_format("DECIMAL_SEPARATOR")}${tenths % 10} MB`;
}

/** As `who` of rooms/templatetags/conversation.py. @param {{ name: string }[]} users @param {number} count */
function who(users, count) {
  const names = users.slice(0, NAMED).map(({ name }) => name), others = count - names.length;
  if (others) names.push(interpolate(ngettext("%(count)s other", "%(count)s others", others), { count: others }, true));
  return names.join(", ");
}

/** Who looks at the page: their id. @returns {number} */
const me = () => (meId ??= given("me-data").id);
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
    if (LARGE.test(body)) element.className = "large";
    text.split("\n").forEach((line, at) => element.append(...(at ? [document.createElement("br")] : []), line));
    return element;
  });
}
