/**
 * All emoji: found by name, in groups, in one's own skin tone, the ones one uses most. Pure: the data comes from outside (emoji-picker-element-data), what is
 * remembered goes into a Storage.
 */

/** @import { Storage } from "#core/payloads.js" */
/**
 * @typedef {object} Emoji
 * @property {string} emoji
 * @property {string} annotation its name
 * @property {string[]} [shortcodes]
 * @property {string[]} [tags]
 * @property {number} group
 * @property {number} order
 * @property {number} version of Unicode's list
 * @property {{ tone: number | number[], emoji: string }[]} [skins]
 */

/** What came later is a box on too many screens. */
const NEWEST = 15;
/** The group of parts (skin tones by themselves). */
const PARTS = 2;
/** The most of the frequently used, and how many uses are remembered before all are halved. */
const MOST_USED = 24;
const MOST_USES = 200;
/** Where nobody has used any yet. */
const FIRST = ["👍", "❤️", "😂", "🎉", "👀", "✅", "🙏", "👏", "🔥", "💯", "🤔", "😍", "😢", "🚀", "☕", "👋"];

export class EmojiBook {
  #list;
  #storage;
  /** @type {Map<string, Emoji>} by each of its tones */
  #known = new Map();

  /** @param {Emoji[]} data @param {Storage} storage */
  constructor(data, storage) {
    this.#list = data.filter(({ group, version }) => group !== PARTS && group !== undefined && version <= NEWEST)
      .map((each) => ({ ...each, emoji: bare(each.emoji), skins: each.skins?.map(({ tone, emoji }) => ({ tone, emoji: bare(emoji) })) }));
    this.#storage = storage;
    for (const each of this.#list) for (const { emoji } of [each, ...each.skins ?? []]) this.#known.set(emoji, each);
  }

  /** The groups, in Unicode's order. @returns {number[]} */
  get groups() { return [...new Set(this.#list.map(({ group }) => group))].sort((a, b) => a - b); }

  /** @param {number} group @returns {Emoji[]} */
  in(group) { return this.#list.filter((each) => each.group === group); }

  /** The skin tone one has chosen, 1 (light) to 5 (dark); 0: none. @returns {number} */
  get tone() { return Number(this.#storage.get("emoji:tone")) || 0; }

  set tone(tone) { this.#storage.set("emoji:tone", tone || null); }

  /** In one's own tone, where it has tones. @param {Emoji} emoji @returns {string} */
  shown({ emoji, skins }) { return (this.tone && skins?.find(({ tone }) => tone === this.tone)?.emoji) || emoji; }

  /** What an emoji is, in whichever tone. @param {string} emoji @returns {Emoji | undefined} */
  get(emoji) { return this.#known.get(emoji); }

  /** One was used. @param {string} emoji */
  used(emoji) {
    const counts = this.#counts(), name = this.get(emoji)?.emoji;
    if (!name) return;
    counts[name] = (counts[name] ?? 0) + 1;
    const isFull = Object.values(counts).reduce((sum, count) => sum + count, 0) > MOST_USES;
    this.#storage.set("emoji:used", isFull ? Object.fromEntries(Object.entries(counts).map(([each, count]) => [each, count / 2])) : counts);
  }

  /** The ones used most, then those that many use. @returns {Emoji[]} */
  get frequent() {
    const counts = this.#counts();
    const mine = Object.keys(counts).sort((a, b) => counts[b] - counts[a]);
    const found = [...new Set([...mine, ...FIRST])].map((each) => this.get(each)).filter((each) => each !== undefined);
    return found.slice(0, MOST_USED);
  }

  /** By the beginnings of words of their names, best first. @param {string} text @param {number} [most] @returns {Emoji[]} */
  find(text, most = 100) {
    const words = text.toLowerCase().replaceAll(":", " ").split(/[\s_]+/).filter(Boolean), whole = words.join("_");
    if (!words.length) return [];
    const counts = this.#counts();
    return this.#list
      .map((each) => ({ each, rank: rank(each, words, whole) - Math.min(counts[each.emoji] ?? 0, 9) / 10 }))
      .filter(({ rank }) => rank < NEVER)
      .sort((a, b) => a.rank - b.rank || a.each.order - b.each.order)
      .slice(0, most).map(({ each }) => each);
  }

  /** @returns {Record<string, number>} */
  #counts() {
    const counts = this.#storage.get("emoji:used");
    return counts && typeof counts === "object" ? counts : {};
  }
}

/** As it is typed: the data has a mark of presentation behind some that need none. @param {string} emoji */
const bare = (emoji) => emoji.replace(/(\p{Emoji_Presentation})\ufe0f/gu, "$1");

const NEVER = 50;

/** How well the words tell an emoji: 0 its shortcode, 1 the beginning of one, 2 of its name, 3 of what it is like. @param {Emoji} emoji @param {string[]} words @param {string} whole */
function rank({ shortcodes = [], annotation, tags = [] }, words, whole) {
  if (shortcodes.includes(whole)) return 0;
  if (shortcodes.some((code) => code.startsWith(whole))) return 1;
  const named = [...annotation.toLowerCase().split(/[\s:,-]+/), ...shortcodes.flatMap((code) => code.split("_"))];
  const begins = (/** @type {string[]} */ among) => words.every((word) => among.some((each) => each.startsWith(word)));
  return begins(named) ? 2 : begins([...named, ...tags.map((tag) => tag.toLowerCase())]) ? 3 : NEVER + 1;
}
