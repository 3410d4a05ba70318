/** JSON in localStorage. Never throws: where storage is off or full, what is kept lasts as long as the page. */

/** @import { Storage } from "#core/payloads.js" */

/** @type {Map<string, unknown>} */
const spare = new Map();

/** @type {Storage} */
export const storage = {
  get(key) {
    try {
      const text = localStorage.getItem(key);
      return text === null ? spare.get(key) ?? null : JSON.parse(text);
    } catch {
      return spare.get(key) ?? null;
    }
  },
  set(key, value) {
    spare.delete(key);
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {
      if (value !== null) spare.set(key, value);
    }
  },
};
