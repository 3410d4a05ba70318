/**
 * Finding by name as one types: "dsn", "des" and "sign" all find "Design", the best fit first. Case and accents do not matter.
 * Invariant: what fits equally well stays in the order it came in.
 */

/** @param {string} text */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();

/**
 * How well a name fits what was typed.
 * @param {string} typed
 * @param {string} name
 * @returns {number} 0: not at all; the letters in order below 1, somewhere 1, where a word begins 2, where the name begins 3, all of it 4
 */
export function fit(typed, name) {
  const query = plain(typed), text = plain(name);
  if (!query || text === query) return 4;
  if (text.startsWith(query)) return 3;
  for (let at = text.indexOf(query); at > 0; at = text.indexOf(query, at + 1)) if (!/[\p{L}\p{N}]/u.test(text[at - 1])) return 2;
  if (text.includes(query)) return 1;
  let at = -1, gaps = 0;
  for (const letter of query) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return 0;
    gaps += next - at - 1;
    at = next;
  }
  return 1 / (2 + gaps);
}

/**
 * Those that fit what was typed, the best first.
 * @template T
 * @param {string} typed
 * @param {T[]} all
 * @param {(each: T) => string[]} names by which each is found
 * @returns {T[]}
 */
export function matching(typed, all, names) {
  return all.map((each) => ({ each, fit: Math.max(...names(each).map((name) => fit(typed, name))) }))
    .filter(({ fit }) => fit).sort((a, b) => b.fit - a.fit).map(({ each }) => each);
}
