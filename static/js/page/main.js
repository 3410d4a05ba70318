/** The page's beginning: makes its parts and tells each what comes in. Nothing else knows them all. */

import { Outbox } from "#core/outbox.js";
import { RoomList } from "#core/unread.js";
import { Acts, confirmed } from "#page/acts.js";
import { Banner } from "#page/banner.js";
import { Composer } from "#page/composer.js";
import { find, given, onAction, slot } from "#page/dom.js";
import { People, TypingLine } from "#page/people.js";
import { OpenRoom } from "#page/room.js";
import { Drawer, Sidebar } from "#page/sidebar.js";
import { CatchUp } from "#wire/catchup.js";
import { Connection } from "#wire/connection.js";
import { storage } from "#wire/storage.js";

/** @import { Message, Room, User } from "#core/payloads.js" */
/** @import { RoomNews } from "#core/unread.js" */
/** @import { State } from "#wire/connection.js" */

/** Read marks go out at most this often, milliseconds. */
const READ_EVERY = 500;

class Page {
  /** @type {User} */
  #me = given("me-data");
  #slug = /** @type {Room | null} */ (given("room-data"))?.slug ?? null;
  #rooms = new RoomList(this.#me.id);
  #sidebar = new Sidebar(this.#rooms, this.#slug);
  #drawer = new Drawer();
  #banner = new Banner();
  #connection = new Connection((data) => this.#heard(data), (state) => this.#became(state));
  #outbox = new Outbox({
    send: (entry) => this.#connection.ask("message", post(entry)),
    storage, key: `outbox:${this.#me.id}`,
    uuid: uuid, now: () => Date.now(), after: (milliseconds, action) => void setTimeout(action, milliseconds),
    onchange: (change) => this.#posted(change),
  });
  #catchUp = new CatchUp({
    missing: () => this.#missing(),
    ask: (rooms) => this.#connection.ask("sync", { rooms }),
    onanswer: (results, asked) => this.#caughtUp(results, asked),
    ondone: () => this.#connection.inStep(),
  });
  /** @type {OpenRoom | null} */
  #room = null;
  /** @type {Composer | null} */
  #composer = null;
  /** @type {People | null} */
  #people = null;
  /** @type {TypingLine | null} */
  #typing = null;
  /** Read up to here, by what was said; and what is to be said. */
  #read = 0;
  #toRead = 0;
  /** Whether the browser brought the page back out of its cache. */
  #isBack = false;

  constructor() {
    this.#rooms.hello(given("rooms-data"));
    if (find("log")) this.#enter(given("room-data"));
    onAction(document.body, {
      "toggle-sidebar": () => this.#drawer.toggle(),
      theme: async () => (await import("#page/theme.js")).switchTheme(),
      cancel: () => this.#composer?.cancel(),
      people: () => this.#people?.toggle(),
      "close-panel": (link) => (this.#people ? this.#people.close() : location.assign(link.getAttribute("href") ?? "/")),
      retry: (button) => this.#outbox.retry(clientIdOf(button)),
      discard: (button) => this.#composer?.restore(this.#outbox.discard(clientIdOf(button))?.body ?? ""),
    });
    slot("theme").hidden = false;
    addEventListener("pagehide", () => this.#sendRead()); // what was seen in the last moment
    addEventListener("pageshow", ({ persisted }) => {
      this.#isBack = persisted;
      if (persisted) this.#became(this.#connection.state);
    });
    this.#connection.open();
    this.#became("connecting");
  }

  /** @param {Room} room */
  #enter(room) {
    this.#read = room.last_read_seq;
    this.#room = new OpenRoom(room, this.#me, (seq) => this.#saw(seq));
    const at = (/** @type {number} */ seq) => this.#room?.log.messages.get(seq);
    const isMine = (/** @type {Message} */ message) => message.author.id === this.#me.id;
    this.#composer = new Composer(room.slug, this.#me.id, {
      say: (body, reply_to) => this.#say(body, reply_to),
      edit: (seq, body) => this.#change("edit", { seq, body }),
      typing: () => this.#connection.tell("typing", { room: room.slug }),
      last: () => this.#room?.log.list().findLast((message) => isMine(message) && !message.deleted),
      at,
    });
    this.#people = new People(/** @type {HTMLElement} */ (document.querySelector("[data-action=people]")));
    this.#typing = new TypingLine(room.slug, this.#me.id);
    new Acts(this.#room.view.element, {
      at, canEdit: isMine,
      canDelete: (message) => isMine(message) || this.#rooms.get(room.slug)?.role === "moderator",
      canPost: () => Boolean(this.#rooms.get(room.slug)?.can_post),
      react: async ({ seq }, emoji, on) => this.#composer?.complain(await this.#change("react", { seq, emoji, on })),
      reply: (message) => this.#composer?.reply(message),
      edit: (message) => this.#composer?.edit(message),
      delete: async (message) => {
        if (await confirmed("confirm")) this.#composer?.complain(await this.#change("delete", { seq: message.seq }));
      },
    });
    for (const entry of this.#outbox.list(room.slug)) this.#room.outbox({ type: "added", entry });
  }

  /** @param {string} body @param {number} [reply_to] */
  #say(body, reply_to) {
    if (!this.#slug) return;
    this.#room?.view.markNew(null);
    this.#room?.toEnd();
    this.#outbox.add({ room: this.#slug, body, reply_to });
  }

  /** @param {"edit" | "delete" | "react"} what @param {object} payload @returns {Promise<string>} why it was refused, or "" */
  async #change(what, payload) {
    const answer = await this.#connection.ask(what, { room: this.#slug, ...payload }).catch(() => null);
    if (answer?.ok) this.#room?.apply(answer);
    return answer?.ok ? "" : answer?.error.message ?? gettext("Not connected. Try again in a moment.");
  }

  /** @param {any} data what a `data` event brought; types we do not know are for those who do */
  #heard(data) {
    switch (data.type) {
      case "hello": return this.#hello(data);
      case "message": return this.#message(data);
      case "room": return this.#news(data);
      case "read": return this.#marked(data);
      case "typing": return this.#isHere(data) && this.#typing?.saw(data);
      case "presence": return this.#isHere(data) && this.#people?.counted(data.online);
      case "join":
      case "leave":
        if (!this.#isHere(data)) return;
        this.#people?.moved(data.type, data.user, data.online);
        if (data.type === "leave") this.#typing?.stopped(data.user.id);
        this.#room?.notice(data);
    }
  }

  /** @param {{ room: string }} data */
  #isHere(data) { return data.room === this.#slug; }

  /** @param {{ rooms: Room[], online: Record<string, import("#page/people.js").Online> }} data */
  #hello({ rooms, online }) {
    this.#rooms.hello(rooms);
    this.#sidebar.draw();
    const here = rooms.find(({ slug }) => slug === this.#slug);
    if (here) {
      this.#people?.hello(online[here.slug] ?? { count: 0, users: [] });
      this.#drawRoom(here);
    } else if (this.#slug) this.#gone();
    this.#outbox.open();
    this.#catchUp.open();
  }

  /** @param {import("#core/payloads.js").MessageEvent} data */
  #message(data) {
    if (this.#isHere(data)) {
      this.#room?.apply(data);
      if (data.message.deleted) this.#composer?.deleted(data.message.seq);
      this.#typing?.stopped(data.message.author.id);
    }
    if (data.message.author.id === this.#me.id) this.#outbox.settle(data.message);
    this.#rooms.message(data);
    this.#sidebar.draw();
    if (Object.keys(this.#missing()).length) this.#catchUp.soon();
  }

  /** What a room lacks: the open one by its log, the others by their count. */
  #missing() {
    const missing = this.#rooms.behind(), log = this.#room?.log;
    if (!log || !this.#slug || !this.#rooms.get(this.#slug)) return missing;
    const isBehind = log.isBehind || log.version < (this.#rooms.get(this.#slug)?.version ?? 0);
    if (isBehind || this.#slug in missing) missing[this.#slug] = log.version;
    return missing;
  }

  /** @param {import("#wire/catchup.js").Results} results @param {Record<string, number>} asked */
  #caughtUp(results, asked) {
    for (const [slug, result] of Object.entries(results)) {
      this.#rooms.sync(slug, result, asked[slug]);
      if (slug !== this.#slug) continue;
      if ("error" in result) this.#gone();
      else this.#merged(result, asked[slug]);
    }
    this.#sidebar.draw();
  }

  /** @param {import("#core/payloads.js").SyncResult} result of the open room @param {number} since */
  #merged(result, since) {
    this.#room?.merge(result, since);
    for (const message of result.messages) {
      if (message.author.id === this.#me.id) this.#outbox.settle(message);
      if (message.deleted) this.#composer?.deleted(message.seq);
    }
  }

  /** @param {RoomNews & { room: string }} data */
  #news({ room: slug, ...news }) {
    this.#rooms.update(slug, news);
    this.#sidebar.draw();
    const room = this.#rooms.get(slug);
    if (slug === this.#slug && news.gone) this.#gone();
    else if (slug === this.#slug && room) this.#drawRoom(room);
    if (Object.keys(this.#missing()).length) this.#catchUp.soon();
  }

  /** @param {Room} room that one is in, or in again */
  #drawRoom(room) {
    this.#banner.gone(false);
    this.#room?.rename(room);
    this.#composer?.rename(room.name);
    this.#composer?.enable(room.can_post);
  }

  #gone() {
    this.#composer?.close();
    this.#banner.gone(true);
  }

  /** @param {import("#core/outbox.js").Change} change */
  #posted(change) {
    if (change.entry.room !== this.#slug || !this.#room) return;
    this.#room.outbox(change);
    if (change.type === "settled") this.#room.apply({ version: change.message.version, message: change.message });
  }

  /** The reader has seen up to here. @param {number} seq */
  #saw(seq) {
    if (seq <= this.#toRead || !this.#slug) return;
    const room = this.#rooms.get(this.#slug);
    const isWaiting = this.#toRead > this.#read;
    this.#toRead = seq;
    if (room && seq >= room.last_seq) this.#rooms.read({ room: this.#slug, last_read_seq: seq, unread: 0, mentions: 0 });
    this.#sidebar.draw();
    if (!isWaiting) setTimeout(() => this.#sendRead(), READ_EVERY);
  }

  async #sendRead() {
    const seq = this.#toRead, slug = this.#slug;
    if (!slug || seq <= this.#read) return;
    const mark = await this.#connection.ask("read", { room: slug, seq }).catch(() => null);
    if (mark?.ok) {
      this.#read = Math.max(this.#read, seq);
      this.#marked({ room: slug, ...mark });
    } else this.#toRead = this.#read; // said again the next time something is seen
    if (this.#toRead > this.#read) setTimeout(() => this.#sendRead(), READ_EVERY);
  }

  /** @param {Omit<import("#core/payloads.js").ReadEvent, "type">} mark */
  #marked(mark) {
    this.#rooms.read(mark);
    this.#sidebar.draw();
  }

  /** @param {State} state */
  #became(state) {
    if (state !== "catching-up" && state !== "live") {
      this.#outbox.close();
      this.#catchUp.close();
    }
    if (state === "signed-out" && this.#isBack) return location.reload(); // signed out, then "back": not for whoever sits there now
    if (state === "live") this.#room?.look(); // what was seen while nobody could be told
    this.#banner.became(state);
  }
}

/** @param {Readonly<import("#core/outbox.js").Entry>} entry */
const post = ({ room, body, client_id, reply_to }) => ({ room, body, client_id, ...(reply_to === undefined ? {} : { reply_to }) });

/** @param {HTMLElement} button in a message that waits */
const clientIdOf = (button) => /** @type {HTMLElement} */ (button.closest("[data-client-id]")).dataset.clientId ?? "";

/** A random UUID, also where the page is not secure (plain http on a local network). */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  [bytes[6], bytes[8]] = [(bytes[6] & 15) | 64, (bytes[8] & 63) | 128];
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

new Page();
