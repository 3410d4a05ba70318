/**
 * How neighbours in the log stand together: messages under one heading, days apart, comings and goings in one line.
 * Invariant: the answer depends on the two neighbours alone, so a message drawn late comes out as if drawn in order.
 */

/** @import { Message, User, NoticeEvent } from "#core/payloads.js" */
/** @typedef {{ joined: User[], left: User[] }} Fold */

/** Longest pause inside a group, milliseconds. */
const PAUSE = 5 * 60 * 1000;

/**
 * @param {Pick<Message, "author" | "created_at" | "thread"> | null | undefined} previous what stands directly above, if anything
 * @param {Pick<Message, "author" | "created_at" | "reply_to" | "thread">} message
 * @param {(created_at: string) => string} dayOf the day in the reader's time zone, as a key such as "2025-06-01"
 * @returns {{ first: boolean, day: string | null }} `first`: it opens a group, with face and name; `day`: the day that begins here
 */
export function group(previous, message, dayOf) {
  const day = dayOf(message.created_at);
  if (!previous || dayOf(previous.created_at) !== day) return { first: true, day };
  const pause = Math.abs(Date.parse(message.created_at) - Date.parse(previous.created_at));
  const continues = previous.author.id === message.author.id && pause < PAUSE && !message.reply_to
    && previous.thread === message.thread; // a root stands apart from its answers
  return { first: !continues, day: null };
}

/**
 * Fold notices into what they come to: who came and went again, or went and came back, is not worth a line.
 * @param {Iterable<Pick<NoticeEvent, "type" | "user">>} notices in the order they came
 * @param {Fold} [fold] what is folded already; not changed
 * @returns {Fold} each user at most once; both empty: no line
 */
export function foldNotices(notices, fold = { joined: [], left: [] }) {
  const joined = byId(fold.joined), left = byId(fold.left);
  for (const { type, user } of notices) {
    const [same, opposite] = type === "join" ? [joined, left] : [left, joined];
    if (!opposite.delete(user.id)) same.set(user.id, user);
  }
  return { joined: [...joined.values()], left: [...left.values()] };
}

/**
 * Whom to name in a line: "Ana", "Ana, Bo and Cy", "Ana, Bo and 3 others". Never "and 1 other".
 * @template T
 * @param {T[]} users
 * @param {number} [most] names when there is nobody else
 * @returns {{ named: T[], others: number }}
 */
export function nameSome(users, most = 3) {
  const named = users.length <= most ? users : users.slice(0, most - 1);
  return { named, others: users.length - named.length };
}

/** @param {User[]} users @returns {Map<number, User>} */
const byId = (users) => new Map(users.map((user) => [user.id, user]));
