/** Pages of history over HTTP, and partials of pages. */

/** @import { Page } from "#core/payloads.js" */

/**
 * @param {string} room slug
 * @param {{ before?: number, after?: number, around?: number }} where one of them, or none for the latest
 * @returns {Promise<Page>} rejects when the server does not answer with one
 */
export async function fetchPage(room, where) {
  const query = new URLSearchParams(Object.entries(where).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`/api/rooms/${encodeURIComponent(room)}/messages/?${query}`, { headers: { Accept: "application/json" } });
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
