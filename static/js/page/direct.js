/** Direct conversations as the page shows them: the faces of the others, and whether one of them is online. */

import { flag, slot } from "#page/dom.js";
import { drawFace } from "#page/message.js";

/** @import { Room, User } from "#core/payloads.js" */

/** Faces shown. */
const MOST = 2;

/** Who is online where; what is told of a crowd is a number, and nobody is known by it. */
export class Online {
  /** @type {Map<string, Set<number>>} room -> ids */
  #rooms = new Map();

  /** As `hello` says it. @param {Record<string, { users: number[] }>} online */
  hello(online) { this.#rooms = new Map(Object.entries(online).map(([slug, { users }]) => [slug, new Set(users)])); }

  /** Into a room, where these are. @param {string} slug @param {{ users: number[] }} online */
  enter(slug, { users }) { this.#rooms.set(slug, new Set(users)); }

  /** @param {{ type: "join" | "leave", room: string, user: User }} event */
  moved({ type, room, user }) {
    const here = this.#rooms.get(room) ?? new Set();
    if (type === "join") here.add(user.id);
    else here.delete(user.id);
    this.#rooms.set(room, here);
  }

  /** Whether one of the others in a conversation is. @param {Readonly<Room>} room */
  isAny({ slug, people = [] }) { return people.some(({ id }) => this.#rooms.get(slug)?.has(id)); }
}

/** What faces show: drawn anew only when that changes. @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap();

/** Draw what an item, or the head, has of the others. @param {HTMLElement} element @param {Readonly<Pick<Room, "people">>} room @param {boolean} isOnline */
export function drawPeople(element, { people = [] }, isOnline) {
  const faces = slot("faces", element), key = JSON.stringify(people.slice(0, MOST));
  if (drawn.get(faces) !== key) {
    drawn.set(faces, key);
    faces.replaceChildren(...people.slice(0, MOST).map((person) => {
      const face = document.createElement("span");
      drawFace(face, person);
      return face;
    }));
  }
  flag(faces, "online", isOnline);
}
