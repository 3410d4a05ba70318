/** Times in the reader's zone and language. The wire speaks UTC, ISO 8601. */

const spoken = document.documentElement.lang || "en";

/** That of the page, as the reader's country writes it (an English page has 16:08 for who reads en-GB), with the digits that the server writes. */
export const language = new Intl.Locale(navigator.languages.find((tag) => tag.split("-")[0] === spoken) ?? spoken, { numberingSystem: "latn" }).toString();
const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
const thisYear = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** @param {string} timestamp @returns {string} hours and minutes */
export const timeOf = (timestamp) => clock.format(new Date(timestamp));

/** @param {string} timestamp @returns {string} to the second, with the zone */
export const exactly = (timestamp) => exact.format(new Date(timestamp));

/** @param {string | Date} moment @returns {string} the reader's day, "2026-11-23" */
export function dayOf(moment) {
  const date = new Date(moment), pad = (/** @type {number} */ part) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** @param {string} day as `dayOf` gives it @returns {string} "today", "yesterday", "Monday, 2 March", "2 March 2024" */
export function dayName(day) {
  const [date, now] = [new Date(`${day}T12:00`), new Date()];
  const age = Math.round((new Date(`${dayOf(now)}T12:00`).getTime() - date.getTime()) / 86_400_000);
  if (age === 0 || age === 1) return capital(relative.format(-age, "day"));
  return (date.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(date);
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
