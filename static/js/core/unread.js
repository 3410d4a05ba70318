/**
 * The room list: what is unread where, kept by the live events and set right by every room object of the server.
 *
 * Invariant: a message counts once, when it is new, by somebody else and above the read mark; counts only change in the order
 * of the room's versions, so a room that missed something is known to be behind, and says so instead of guessing.
 */

import { Versions } from "#core/versions.js";

/** @import { Room, Message, MessageEvent, ReadEvent, SyncResult, Refusal } from "#core/payloads.js" */
/** @typedef {Partial<Room> & { gone?: boolean, reason?: string }} RoomNews a `room` event, without `type` and `room` */

/** What is known of one room. `room` is null while only events of it have come. */
class Standing {
  /** @type {Room | null} */
  room = null;
  /** @type {Versions<Message>} */
  versions = new Versions();
  /** Set when what we know may be read in two ways: only a sync decides. */
  isDoubtful = false;
  /** @type {Map<number, boolean>} unread messages counted one by one: seq -> whether it mentions me */
  counted = new Map();
  /** @type {Set<number>} deleted ones above the read mark, which no longer count */
  deleted = new Set();

  get isBehind() { return this.room !== null && (this.isDoubtful || this.versions.isBehind); }
}

export class RoomList {
  /** @type {Map<string, Standing>} */
  #standings = new Map();
  #me;
  #mentionsMe;

  /**
   * @param {number} me my user id
   * @param {(message: Message) => boolean} [mentionsMe]
   */
  constructor(me, mentionsMe = () => false) {
    this.#me = me;
    this.#mentionsMe = mentionsMe;
  }

  /** @param {string} slug @returns {Readonly<Room> | undefined} */
  get(slug) { return this.#standings.get(slug)?.room ?? undefined; }

  /** @returns {Readonly<Room>[]} */
  list() {
    return [...this.#standings.values()].flatMap(({ room }) => room ?? []);
  }

  /**
   * What the title and the badge say: a muted room says nothing, one on `mentions` only those.
   * @returns {{ unread: number, mentions: number }}
   */
  totals() {
    let unread = 0, mentions = 0;
    for (const room of this.list()) {
      if (room.involvement === "nothing") continue;
      unread += room.involvement === "everything" ? room.unread : room.mentions;
      mentions += room.mentions;
    }
    return { unread, mentions };
  }

  /** @returns {Record<string, number>} the rooms that need `sync`, with the version to ask from */
  behind() {
    const standings = [...this.#standings].filter(([, standing]) => standing.isBehind);
    return Object.fromEntries(standings.map(([slug, { versions }]) => [slug, versions.version]));
  }

  /** The rooms of a `hello`: these and no others. @param {Room[]} rooms */
  hello(rooms) {
    const slugs = new Set(rooms.map(({ slug }) => slug));
    for (const slug of [...this.#standings.keys()]) if (!slugs.has(slug)) this.#standings.delete(slug);
    for (const room of rooms) {
      const standing = this.#standing(room.slug);
      // Either an event overtook this hello, or the server was restored from a backup.
      const isDoubtful = room.version < standing.versions.version;
      this.#set(room, isDoubtful);
      standing.isDoubtful = isDoubtful;
    }
  }

  /**
   * A room's answer to `sync`; only its `room` counts here.
   * @param {string} slug
   * @param {SyncResult | { error: Refusal }} result
   * @param {number} [since] the version the request was made with; tells a late answer from a server restored from a backup
   */
  sync(slug, result, since) {
    const known = this.#standing(slug).versions.version;
    if ("error" in result) return void this.#standings.delete(slug);
    if (!result.room || (result.room.version < known && since !== known)) return;
    this.#set(result.room, result.room.version < known);
    this.#standing(slug).isDoubtful = false;
  }

  /**
   * A `room` event: news of it, a room I was added to, or one that I may no longer read.
   * @param {string} slug
   * @param {RoomNews} news
   */
  update(slug, news) {
    if (news.gone) return void this.#standings.delete(slug);
    const { room, versions } = this.#standing(slug);
    if (isComplete(news) && !(room && news.version < versions.version)) return this.#set(news, false);
    // Not the counters: those move with the messages.
    const { version, last_seq, last_read_seq, unread, mentions, ...fields } = news;
    if (room) Object.assign(room, fields);
    if (version !== undefined) versions.hear(version);
  }

  /**
   * A `message` event.
   * @param {Pick<MessageEvent, "room" | "version" | "message">} event
   * @returns {"applied" | "seen" | "gap"} on `gap`, see `behind`
   */
  message({ room: slug, version, message }) {
    const standing = this.#standing(slug);
    const { status, ready } = standing.versions.offer(Math.min(version, message.version), message);
    if (status === "applied") for (const each of ready) this.#count(standing, each);
    return status;
  }

  /** A `read` event, or the acknowledgement of my own `read`. @param {Omit<ReadEvent, "type">} event */
  read({ room: slug, last_read_seq, unread, mentions }) {
    const standing = this.#standing(slug), { room, counted, deleted } = standing;
    if (!room) return;
    for (const seq of [...counted.keys(), ...deleted]) if (seq <= last_read_seq) forget(standing, seq);
    // Counted while this was on its way: at least those we know, at most all there are.
    room.last_read_seq = last_read_seq;
    room.unread = clamp(unread, counted.size, Math.max(0, room.last_seq - last_read_seq));
    room.mentions = clamp(mentions, mentioning(standing), room.unread);
    room.version = standing.versions.version;
  }

  /**
   * @param {Standing} standing
   * @param {Message} message
   */
  #count(standing, message) {
    const { room, counted, deleted } = standing, { seq, author } = message;
    if (!room) return;
    const isNew = seq > room.last_seq;
    room.version = standing.versions.version;
    room.last_seq = Math.max(room.last_seq, seq);
    if (isNew && author.id === this.#me) return this.#readAll(standing);
    if (seq <= room.last_read_seq) return;
    if (message.deleted && !deleted.has(seq)) {
      // Some were deleted before we came: this may be one of them, changed again.
      if (room.last_seq - room.last_read_seq - room.unread > deleted.size + Number(isNew)) standing.isDoubtful = true;
      if (counted.get(seq)) room.mentions = Math.max(0, room.mentions - 1);
      counted.delete(seq);
      deleted.add(seq);
      if (!isNew) room.unread = Math.max(counted.size, room.unread - 1);
    } else if (isNew) {
      const isMention = this.#mentionsMe(message);
      counted.set(seq, isMention);
      room.unread += 1;
      if (isMention) room.mentions += 1;
    }
  }

  /** Posting reads what stands above. @param {Standing} standing */
  #readAll({ room, counted, deleted }) {
    if (!room) return;
    counted.clear();
    deleted.clear();
    Object.assign(room, { last_read_seq: room.last_seq, unread: 0, mentions: 0 });
  }

  /**
   * The server's word, which spans all up to its version.
   * @param {Room} room
   * @param {boolean} isRewound
   */
  #set(room, isRewound) {
    const standing = this.#standing(room.slug);
    if (isRewound) standing.versions = new Versions();
    standing.room = { ...room };
    standing.counted.clear();
    standing.deleted.clear();
    for (const message of standing.versions.reach(room.version)) this.#count(standing, message);
  }

  /** @param {string} slug */
  #standing(slug) {
    const standing = this.#standings.get(slug) ?? new Standing();
    this.#standings.set(slug, standing);
    return standing;
  }
}

/** @param {RoomNews} news @returns {news is Room} a room I was added to comes with what is mine in it */
const isComplete = (news) => news.unread !== undefined && news.version !== undefined;

/** @param {Standing} standing @param {number} seq */
function forget({ counted, deleted }, seq) {
  counted.delete(seq);
  deleted.delete(seq);
}

/** @param {Standing} standing */
const mentioning = ({ counted }) => [...counted.values()].filter(Boolean).length;

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
