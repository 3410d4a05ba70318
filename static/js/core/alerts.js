/**
 * When somebody is alerted to a message: by their involvement in its room, and not if the room is in front in any tab or on any device, or is read on one in a
 * moment. Pure: what it needs of the page comes by its ports. Invariant: a message alerts once a browser, for one tab answers for all.
 */

import { isCalled, isDirect } from "#core/unread.js";

/** @import { Message, Room } from "#core/payloads.js" */
/**
 * @typedef {object} Ports
 * @property {(slug: string) => Readonly<Room> | undefined} room
 * @property {() => boolean} isOn whether this browser alerts at all, and this is the tab that does it
 * @property {(slug: string) => boolean} isFront whether the room is in front in this tab
 * @property {(slug: string) => void} ask ask the other tabs whether it is so in them; see `isElsewhere`
 * @property {(alert: { room: Readonly<Room>, message: Message }) => void} show
 * @property {(action: () => void, milliseconds: number) => void} after
 */

/** A read mark within this time, from another device, says that it was seen there; milliseconds. */
export const MOMENT = 1500;

export class Alerts {
  #me;
  #ports;
  /** @type {Map<string, number>} room -> the number of alerts that wait when another tab says that it has it in front */
  #waiting = new Map();
  /** @type {Set<string>} rooms that are in front elsewhere, as was said since they were asked about */
  #elsewhere = new Set();

  /** @param {number} me user id @param {Ports} ports */
  constructor(me, ports) {
    this.#me = me;
    this.#ports = ports;
  }

  /** A message came that was not there before. @param {string} slug @param {Message} message */
  heard(slug, message) {
    const room = this.#ports.room(slug);
    if (!room || !this.#ports.isOn() || !isWanted(room, message, this.#me) || this.#ports.isFront(slug)) return;
    this.#waiting.set(slug, (this.#waiting.get(slug) ?? 0) + 1);
    this.#ports.ask(slug);
    this.#ports.after(() => this.#decide(slug, message), MOMENT);
  }

  /** Another tab, or device, has the room in front. @param {string} slug */
  isElsewhere(slug) {
    if (this.#waiting.has(slug)) this.#elsewhere.add(slug);
  }

  /** @param {string} slug @param {Message} message */
  #decide(slug, message) {
    const room = this.#ports.room(slug), isSeen = this.#elsewhere.has(slug) || this.#ports.isFront(slug);
    const left = (this.#waiting.get(slug) ?? 1) - 1;
    if (left) this.#waiting.set(slug, left);
    else {
      this.#waiting.delete(slug);
      this.#elsewhere.delete(slug);
    }
    if (room && !isSeen && isUnread(room, message) && room.involvement !== "nothing") this.#ports.show({ room, message });
  }
}

/** An answer is unread for who follows its thread, which the server says in a moment. @param {Readonly<Room>} room @param {Message} message */
const isUnread = ({ last_read_seq, threads }, { seq, thread }) =>
  thread ? threads.some((each) => each.seq === thread && each.last_read_seq < seq) : last_read_seq < seq;

/**
 * Whether somebody wants to be told. An answer in a thread is news for those who follow it: that is known when it comes to telling.
 * @param {Pick<Room, "involvement" | "kind">} room
 * @param {Message} message
 * @param {number} me user id
 */
export function isWanted({ involvement, kind }, message, me) {
  if (message.author.id === me || message.deleted || involvement === "nothing") return false;
  return involvement === "everything" || isDirect({ kind }) || isCalled(message, me);
}
