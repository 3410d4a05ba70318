/** Pages of history over HTTP, and partials of pages. */

/** @import { Page, Revision, Room, User } from "#core/payloads.js" */

/**
 * @param {string} room slug
 * @param {{ before?: number, after?: number, around?: number, since?: string }} where one of them, or none for the latest; `since`: a moment, ISO 8601
 * @param {number} [thread] seq of the root: of that thread's log
 * @returns {Promise<Page>} rejects when the server does not answer with one
 */
export async function fetchPage(room, where, thread) {
  const query = new URLSearchParams(Object.entries(where).map(([name, value]) => [name, String(value)]));
  return fetchJSON(`/api/rooms/${encodeURIComponent(room)}/${thread ? `threads/${thread}` : "messages"}/?${query}`);
}

/** What a message said before, oldest first. @param {string} room slug @param {number} seq @returns {Promise<Revision[]>} */
export async function fetchRevisions(room, seq) {
  return (await fetchJSON(`/api/rooms/${encodeURIComponent(room)}/messages/${seq}/revisions/`)).revisions;
}

/** How a body will look. @param {string} body @param {string} room slug @returns {Promise<string>} HTML rendered by our server */
export async function fetchPreview(body, room) {
  return (await post("/api/preview/", { body, room })).html;
}

/** People of the site but oneself, by name or handle. @param {string} text @returns {Promise<User[]>} */
export async function findPeople(text) {
  return (await fetchJSON(`/api/people/?${new URLSearchParams({ q: text })}`)).people;
}

/** The direct conversation with somebody, made if there is none. @param {number} user id @returns {Promise<Room>} */
export async function openDirect(user) {
  return (await post("/api/direct/", { people: [user] })).room;
}

/** @param {string} url of our API @param {object} data */
function post(url, data) {
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return fetchJSON(url, { method: "POST", headers, body: JSON.stringify(data) });
}

/** @param {string} url of our API @param {RequestInit} [how] @returns {Promise<any>} rejects when it is refused */
async function fetchJSON(url, how = {}) {
  const response = await fetch(url, { ...how, headers: { Accept: "application/json", ...how.headers } });
  const answer = await response.json();
  if (!answer.ok) throw new Error(answer.error.message);
  return answer;
}

/** @param {string} url @returns {Promise<string>} HTML of our own templates */
export async function fetchPartial(url) {
  const response = await fetch(url);
  if (!response.ok || response.redirected) throw new Error(`${url}: ${response.status}`);
  return response.text();
}

/**
 * What stands over or beside the page, of a page of its own. Without a connection nothing happens: the page stays, and the banner says why.
 * @param {string} url of that page; where it has no partial for one (who was signed out, or put out of the room) one is led there
 * @returns {Promise<string | null>} null: there is nothing to show
 */
export async function fetchPart(url) {
  return fetchPartial(`${url}${url.includes("?") ? "&" : "?"}partial`).catch((error) => {
    if (!(error instanceof TypeError)) location.assign(url);
    return null;
  });
}
