/** Somebody has another name, picture or status: all that shows them is drawn anew. */

import { find, slot } from "#page/dom.js";
import { drawFace } from "#page/message.js";

/** @import { Message, Profile, User } from "#core/payloads.js" */
/** @import { OpenRoom } from "#page/room.js" */

/** @param {Profile} profile @param {readonly OpenRoom[]} logs what is open @param {User} me */
export function introduce({ status_emoji, status, ...user }, logs, me) {
  for (const open of logs) {
    const showing = open.log.list().filter((message) => replaced(message, user));
    if (showing.length) open.scroll.keep(() => open.view.draw(showing));
  }
  for (const person of document.querySelectorAll(`.person[data-user="${user.id}"]`)) drawPerson(/** @type {HTMLElement} */ (person), user, `${status_emoji} ${status}`.trim());
  if (user.id === me.id) drawMe(user, me);
}

/** The person in the place of whom they were, wherever a message names them. @param {Message} message @param {User} user @returns {boolean} whether it does */
function replaced(message, user) {
  const { reply_to, answers, reactions = [] } = message, before = JSON.stringify(message);
  const now = (/** @type {User} */ known) => (known.id === user.id ? user : known);
  message.author = now(message.author);
  if (reply_to) reply_to.author = now(reply_to.author);
  if (answers) answers.users = answers.users.map(now);
  if (message.pinned_by) message.pinned_by = now(message.pinned_by);
  for (const { users } of reactions) for (const each of users) if (each.id === user.id) each.name = user.name;
  return JSON.stringify(message) !== before;
}

/** In the list of people. @param {HTMLElement} person @param {User} user @param {string} status */
function drawPerson(person, user, status) {
  const name = person.querySelector("b a"), handle = person.querySelector("bdi"), face = person.querySelector(".face");
  const said = /** @type {HTMLElement | null} */ (person.querySelector(".person-status")) ?? Object.assign(document.createElement("span"), { className: "person-status", dir: "auto" });
  if (!name || !handle || !(face instanceof HTMLElement)) return;
  name.textContent = user.name;
  handle.textContent = `@${user.handle}`;
  drawFace(face, user);
  said.textContent = said.title = status;
  if (status) name.after(" ", said);
  else said.remove();
}

/** Oneself, under the list of rooms. @param {User} user @param {User} me */
function drawMe(user, me) {
  delete me.avatar;
  Object.assign(me, user);
  const corner = find("sidebar") && slot("sidebar").querySelector(".sidebar-me"), face = corner?.querySelector(".face");
  const name = corner?.querySelector("b"), handle = corner?.querySelector("bdi");
  if (!name || !handle || !(face instanceof HTMLElement)) return;
  name.textContent = user.name;
  handle.textContent = `@${user.handle}`;
  drawFace(face, user);
}
