/**
 * The room list: what is unread where, kept by the live events and set right by every room object of the server.
 *
 * Invariant: a message counts once, when it is new, in the room's own log, by somebody else and above the read mark; counts only change in the order
 * of the room's versions, so a room that missed something is known to be behind, and says so instead of guessing.
 */

import { Versions } from "#core/versions.js";

/** @import { Room, Message, MessageEvent, ReadEvent, ThreadEvent, SyncResult, Refusal } from "#core/payloads.js" */
/** @typedef {Partial<Room> & { gone?: boolean, reason?: string, why?: string }} RoomNews a `room` event, without `type` and `room` */

/** What is known of one room. `room` is null while only events of it have come. */
class Standing {
  /** @type {Room | null} */
  room = null;
  /** @type {Versions<Message>} */
  versions = new Versions();
  /** Set when what we know may be read in two ways: only a sync decides. */
  isDoubtful = false;
  /** @type {Set<number>} seqs of unread messages counted one by one */
  counted = new Set();
  /** @type {Map<number, boolean>} seq above the read mark -> whether it mentions me, where that was heard */
  calls = new Map();
  /** @type {Set<number>} those above the read mark that do not count, as far as we know: deleted, or answers in threads */
  uncounted = new Set();

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
  constructor(me, mentionsMe = (message) => isCalled(message, me)) {
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
   * What the title and the badge say: a muted room says nothing, one on `mentions` only those. Threads that one follows count as their room does.
   * @returns {{ unread: number, mentions: number }}
   */
  totals() {
    let unread = 0, mentions = 0;
    for (const room of this.list()) {
      if (room.involvement === "nothing") continue;
      const counts = [room, ...room.threads];
      unread += sum(counts.map((each) => room.involvement === "everything" ? each.unread : each.mentions));
      mentions += sum(counts.map((each) => each.mentions));
    }
    return { unread, mentions };
  }

  /** What the list of threads has that is new; not of muted rooms. @returns {{ unread: number, mentions: number }} */
  threads() {
    const threads = this.list().flatMap(({ involvement, threads }) => involvement === "nothing" ? [] : threads);
    return { unread: sum(threads.map(({ unread }) => unread)), mentions: sum(threads.map(({ mentions }) => mentions)) };
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
    const standing = this.#standing(slug), { room, counted, calls, uncounted } = standing;
    if (!room) return;
    for (const known of [counted, calls, uncounted]) for (const seq of [...known.keys()]) if (seq <= last_read_seq) known.delete(seq);
    // Counted while this was on its way: at least those we know, at most all there are.
    room.last_read_seq = last_read_seq;
    room.unread = clamp(unread, counted.size, Math.max(0, room.last_seq - last_read_seq));
    room.mentions = isDirect(room) ? room.unread : clamp(mentions, mentioning(standing), room.unread);
    room.version = standing.versions.version;
  }

  /** A `thread` event, or the acknowledgement of what I did to one: the whole of how I stand to it. @param {Omit<ThreadEvent, "type">} event */
  thread({ room: slug, seq, following, last_read_seq, unread, mentions }) {
    const { room } = this.#standing(slug);
    if (!room) return;
    const others = room.threads.filter((each) => each.seq !== seq), isNew = following && unread;
    room.threads = [...others, ...(isNew ? [{ seq, last_read_seq, unread, mentions }] : [])].sort((a, b) => a.seq - b.seq);
  }

  /**
   * @param {Standing} standing
   * @param {Message} message
   */
  #count(standing, message) {
    const { room, counted, uncounted } = standing, { seq, author } = message;
    if (!room) return;
    const isNew = seq > room.last_seq;
    room.version = standing.versions.version;
    room.last_seq = Math.max(room.last_seq, seq);
    if (isNew && author.id === this.#me && !message.thread) return this.#readAll(standing);
    if (seq <= room.last_read_seq) return;
    if (message.thread || author.id === this.#me) return void uncounted.add(seq);
    this.#call(standing, message, isNew);
    if (message.deleted && !uncounted.has(seq)) {
      // Some did not count before we came: this may be one of them, changed again.
      if (room.last_seq - room.last_read_seq - room.unread > uncounted.size + Number(isNew)) standing.isDoubtful = true;
      counted.delete(seq);
      uncounted.add(seq);
      if (!isNew) room.unread = Math.max(counted.size, room.unread - 1);
    } else if (isNew) {
      counted.add(seq);
      room.unread += 1;
    }
    if (isDirect(room)) room.mentions = room.unread;
  }

  /**
   * A message mentions me, or does so no longer. What it did before we came is told by its never having been edited, or by there being nothing to ask.
   * @param {Standing} standing
   * @param {Message} message above the read mark
   * @param {boolean} isNew
   */
  #call(standing, message, isNew) {
    const { room, calls } = standing, isMention = !message.deleted && this.#mentionsMe(message);
    if (!room || isDirect(room)) return;
    const isUnchanged = !message.edited_at && !message.deleted, hasUnknown = room.mentions > mentioning(standing);
    const before = isNew ? false : calls.get(message.seq) ?? (isUnchanged ? isMention : hasUnknown ? null : false);
    calls.set(message.seq, isMention);
    if (before === null) standing.isDoubtful = true;
    else room.mentions = Math.max(0, room.mentions + Number(isMention) - Number(before));
  }

  /** Posting reads what stands above. @param {Standing} standing */
  #readAll({ room, counted, calls, uncounted }) {
    if (!room) return;
    counted.clear();
    calls.clear();
    uncounted.clear();
    Object.assign(room, { last_read_seq: room.last_seq, unread: 0, mentions: 0 });
  }

  /**
   * The server's word, which spans all up to its version.
   * @param {Room} room
   * @param {boolean} isRewound
   */
  #set(room, isRewound) {
    const standing = this.#standing(room.slug);
    if (isRewound || room.version !== standing.versions.version) standing.calls.clear(); // changes we did not hear of may lie between
    if (isRewound) standing.versions = new Versions();
    standing.room = { ...room };
    standing.counted.clear();
    standing.uncounted.clear();
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

/** Whether every message in it calls whoever is in it. @param {Pick<Room, "kind">} room */
export const isDirect = ({ kind }) => kind === "direct";

/** Whether one may say something in the room now. @param {Readonly<Room> | undefined} room */
export const mayPost = (room) => Boolean(room?.can_post) && !(Date.parse(room?.muted?.until ?? "") > Date.now());

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** @param {Standing} standing */
const mentioning = ({ calls }) => [...calls.values()].filter(Boolean).length;

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/**
 * Whether a message calls this person: by name, by @here while they were online, or with everybody.
 * @param {Pick<Message, "author" | "mentions">} message
 * @param {number} id
 */
export const isCalled = ({ author, mentions }, id) => author.id !== id && Boolean(mentions?.room || mentions?.users.includes(id));

/** In which order rooms stand in the list (rooms/sidebar.py has the same). @param {Room} a @param {Room} b */
export const inOrder = (a, b) => place(a) - place(b) || byName(a.name, b.name);

/** @param {Room} room */
const place = (room) => (isDirect(room) ? 4 : 0) + (room.archived ? 2 : 0) - (room.is_default ? 1 : 0);

/** Without case and accents, and "Room 2" before "Room 10" (accounts/names.py has the same). @param {string} a @param {string} b */
export const byName = (a, b) => (collated(a) < collated(b) ? -1 : Number(a !== b));

/** @param {string} name */
const collated = (name) =>
  `${name.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase().replace(/\d+/g, (digits) => digits.padStart(60, "0"))}\0${name}`;
