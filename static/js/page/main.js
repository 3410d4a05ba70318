/** The page's beginning: makes its parts and tells each what comes in. Nothing else knows them all. */

import { Outbox } from "#core/outbox.js";
import { RoomList } from "#core/unread.js";
import { reasonOf } from "#page/message.js";
import { Banner } from "#page/banner.js";
import { Desk } from "#page/desk.js";
import { find, given, load, onAction, uuid } from "#page/dom.js";
import { People, TypingLine } from "#page/people.js";
import { Reading } from "#page/reading.js";
import { keepFiles, post, withFiles } from "#page/sending.js";
import { Drawer, Sidebar } from "#page/sidebar.js";
import { CatchUp } from "#wire/catchup.js";
import { Connection } from "#wire/connection.js";
import { Journal } from "#wire/journal.js";

/** @import { Room, User } from "#core/payloads.js" */
/** @import { RoomNews } from "#core/unread.js" */
/** @import { State } from "#wire/connection.js" */

class Page {
  /** @type {User} */
  #me = given("me-data");
  #slug = /** @type {Room | null} */ (given("room-data"))?.slug ?? null;
  #rooms = new RoomList(this.#me.id);
  #sidebar = new Sidebar(this.#rooms, this.#slug);
  #drawer = new Drawer();
  #banner = new Banner();
  #connection = new Connection((data) => this.#heard(data), (state) => this.#became(state));
  #journal = new Journal(this.#me.id, (news) => this.#outbox.heard(news));
  /** @type {Outbox} */
  #outbox = new Outbox({
    send: async (entry) => (entry.attachments && await withFiles(entry)) || this.#connection.ask("message", post(entry)),
    journal: this.#journal,
    uuid, now: () => Date.now(), after: (milliseconds, action) => void setTimeout(action, milliseconds),
    onchange: (change) => this.#posted(change), onrest: (reason) => this.#desk?.composer.wait(reasonOf(reason)),
  });
  #catchUp = new CatchUp({
    missing: () => this.#missing(),
    ask: (rooms) => this.#connection.ask("sync", { rooms }),
    onanswer: (results, asked) => this.#caughtUp(results, asked),
    ondone: () => this.#connection.inStep(),
  });
  #reading = new Reading({
    rooms: this.#rooms, ask: (room, seq) => this.#connection.ask("read", { room, seq }), ondraw: () => this.#drawRooms(), onback: (seq) => this.#desk?.open.unreadAbove(seq),
  });
  #keys = load(() => import("#page/keys.js")).then((module) => module && new module.Keys({
    rooms: () => this.#sidebar.order(), current: this.#slug, readAll: () => this.#readAll(), read: () => this.#readRoom(),
  }));
  /** @type {Desk | null} */
  #desk = null;
  /** @type {People | null} */
  #people = null;
  /** @type {TypingLine | null} */
  #typing = null;
  /** @type {import("#page/bell.js").Bell | null} */
  #bell = null;
  /** Whether the browser brought the page back out of its cache. */
  #isBack = false;

  constructor() {
    this.#rooms.hello(given("rooms-data"));
    if (find("log")) this.#enter(given("room-data"));
    onAction(document.body, {
      "toggle-sidebar": () => this.#drawer.toggle(),
      "fold-sidebar": async () => (await this.#splitter())?.fold(true),
      "unfold-sidebar": async () => (await this.#splitter())?.fold(false),
      theme: async () => (await load(() => import("#page/theme.js")))?.switchTheme(),
      switch: async () => (await this.#keys)?.jump(),
      keys: async () => (await this.#keys)?.list(),
      cancel: () => this.#desk?.composer.cancel(),
      "read-room": (button) => {
        button.closest("details")?.removeAttribute("open");
        this.#readRoom();
      },
      people: () => {
        this.#desk?.closeThread(false);
        this.#people?.toggle();
      },
      pins: () => this.#desk?.pins(),
      thread: (link) => this.#desk?.openThread(Number(/** @type {HTMLElement} */ (link.closest("[data-seq]")).dataset.seq)),
      "close-panel": (link) => (this.#people ? this.#people.close() : location.assign(link.getAttribute("href") ?? "/")),
      retry: (button) => this.#outbox.retry(clientIdOf(button)),
      discard: (button) => {
        const entry = this.#outbox.discard(clientIdOf(button));
        if (entry) this.#desk?.composer.restore(entry);
      },
    });
    find("splitter")?.addEventListener("pointerenter", () => this.#splitter(), { once: true });
    find("splitter")?.addEventListener("keydown", async (event) => (await this.#splitter())?.pressed(event));
    const picker = find("picker");
    if (picker) load(() => import("#page/picker.js")).then((module) => module && new module.Picker(picker));
    this.#keys.then((keys) => keys && document.querySelectorAll("[data-scripted]").forEach((part) => part.toggleAttribute("hidden", false)));
    addEventListener("pageshow", ({ persisted }) => {
      this.#isBack = persisted;
      if (persisted) this.#became(this.#connection.state);
    });
    document.body.addEventListener("click", (event) => this.#pressed(event));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone !== given("me-data").time_zone) tellZone(zone);
    this.#journal.all().then((stored) => this.#outbox.restore(stored));
    this.#connection.open();
    this.#became("connecting");
  }

  /** A face, a name or a mention was pressed: whose it is. @param {MouseEvent} event */
  async #pressed(event) {
    const anchor = event.target instanceof Element && event.target.closest("[data-action=card], .mention[data-user]");
    if (!(anchor instanceof HTMLElement) || event.ctrlKey || event.metaKey) return;
    const { user, author } = /** @type {HTMLElement} */ (anchor.closest("[data-user], [data-author]")).dataset;
    event.preventDefault();
    (await load(() => import("#page/card.js")))?.openCard(anchor, `/people/${user ?? author}/${this.#slug ? `?room=${encodeURIComponent(this.#slug)}` : ""}`);
  }

  /** @type {Promise<import("#page/splitter.js").Splitter | null> | undefined} */
  #splits;
  #splitter() { return this.#splits ??= load(() => import("#page/splitter.js")).then((module) => module && new module.Splitter()); }

  /** @param {Room} room */
  #enter(room) {
    this.#reading.enter(room.slug, room.last_read_seq);
    this.#people = new People(/** @type {HTMLElement} */ (document.querySelector("[data-action=people]")));
    this.#typing = new TypingLine(room.slug, this.#me.id);
    this.#desk = new Desk(room, this.#me, {
      room: () => this.#rooms.get(room.slug),
      outbox: this.#outbox,
      ask: (event, payload) => this.#connection.ask(event, payload),
      tell: (event, payload) => this.#connection.tell(event, payload),
      onsee: (seq, log) => this.#reading.saw(seq, log),
      onopen: () => this.#mind(),
    });
  }

  /** @param {any} data what a `data` event brought; types we do not know are for those who do */
  #heard(data) {
    switch (data.type) {
      case "hello": return this.#hello(data);
      case "message": return this.#message(data);
      case "room": return this.#news(data);
      case "read": return this.#reading.marked(data);
      case "thread": return this.#thread(data);
      case "front": return this.#bell?.elsewhere(data.room);
      case "saved": return this.#isHere(data) && this.#desk?.saved(data);
      case "members": return this.#isHere(data) && this.#people?.members(data.members);
      case "user": return this.#introduce(data.user);
      case "preferences": return this.#prefer(data);
      case "typing": return this.#isHere(data) && this.#typing?.saw(data);
      case "reports": return this.#sidebar.reports(data.open);
      case "presence": return this.#isHere(data) && this.#people?.counted(data.online);
      case "join":
      case "leave":
        this.#sidebar.moved(data);
        if (!this.#isHere(data)) return;
        this.#people?.moved(data.type, data.user, data.online);
        if (data.type === "leave") this.#typing?.stopped(data.user.id);
        this.#desk?.open.notice(data);
    }
  }

  /** @param {import("#core/payloads.js").Profile} user who looks otherwise now */
  async #introduce(user) { (await load(() => import("#page/introducing.js")))?.introduce(user, this.#desk?.logs ?? [], this.#me); }

  /** As somebody likes it from now on; templates/base.html has them first. @param {{ theme: string, density: string, enter: string, sounds: string }} data */
  #prefer({ theme, density, enter, sounds }) { Object.assign(document.documentElement.dataset, { theme, density, enter, sounds }); }

  /** @param {{ room: string }} data */
  #isHere(data) { return data.room === this.#slug; }

  /** @param {{ rooms: Room[], online: Record<string, import("#page/people.js").Online>, saved?: Record<string, number[]> }} data */
  #hello({ rooms, online, saved }) {
    this.#rooms.hello(rooms);
    this.#sidebar.online.hello(online);
    this.#drawRooms();
    const here = rooms.find(({ slug }) => slug === this.#slug);
    if (here) {
      this.#people?.hello(online[here.slug] ?? { count: 0, users: [] });
      this.#drawRoom(here);
      this.#reading.stands(here);
      this.#desk?.savedAll(saved?.[here.slug] ?? []);
    } else if (this.#slug) this.#gone();
    this.#outbox.open();
    this.#catchUp.open();
    this.#ring();
  }

  /** What tells one of messages is loaded when all else is there. */
  async #ring() {
    const module = this.#bell ? null : await load(() => import("#page/bell.js"));
    if (!module) return;
    this.#bell ??= new module.Bell(this.#me.id, {
      room: (slug) => this.#rooms.get(slug), current: this.#slug, front: (room) => this.#connection.tell("front", { room }),
      involve: async (involvement) => {
        const answer = await this.#connection.ask("involve", { room: this.#slug, involvement }).catch(() => null);
        if (!answer?.ok) this.#desk?.composer.complain(answer ? reasonOf(answer.error) : gettext("Not connected. Try again in a moment."));
      },
    });
    this.#drawRooms();
  }

  /** The list of rooms, and what else says how they stand. */
  #drawRooms() {
    this.#sidebar.draw();
    this.#desk?.open.view.markThreads(this.#rooms.get(this.#slug ?? "")?.threads ?? []);
    for (const room of this.#rooms.list()) this.#bell?.changed(room);
  }

  /** @param {import("#core/payloads.js").MessageEvent} data */
  #message(data) {
    if (this.#isHere(data)) {
      this.#desk?.apply(data);
      this.#typing?.stopped(data.message.author.id);
    }
    if (data.message.author.id === this.#me.id) this.#outbox.settle(data.message);
    const isNew = data.message.seq > (this.#rooms.get(data.room)?.last_seq ?? Infinity);
    this.#rooms.message(data);
    if (isNew && this.#isHere(data) && data.message.author.id === this.#me.id) this.#desk?.said();
    if (isNew) this.#bell?.heard(data.room, data.message);
    if (isNew && data.message.author.id === this.#me.id && !data.message.thread) this.#reading.wrote(data.room, data.message.seq);
    this.#drawRooms();
    this.#mind();
  }

  /** @param {import("#core/payloads.js").ThreadEvent} data */
  #thread(data) {
    this.#rooms.thread(data);
    if (this.#isHere(data)) this.#desk?.stands(data);
    this.#drawRooms();
    const list = find("followed");
    if (list) load(() => import("#page/threads.js")).then((module) => module?.refresh(list));
  }

  /** Ask for what is missing, if anything is. */
  #mind() { if (Object.keys(this.#missing()).length) this.#catchUp.soon(); }

  /** What a room lacks: the open one by its log, the others by their count. */
  #missing() {
    const missing = this.#rooms.behind(), room = this.#slug && this.#rooms.get(this.#slug);
    if (room && this.#desk && (this.#desk.isBehind(room.version) || room.slug in missing)) missing[room.slug] = this.#desk.version;
    return missing;
  }

  /** @param {import("#wire/catchup.js").Results} results @param {Record<string, number>} asked */
  #caughtUp(results, asked) {
    for (const [slug, result] of Object.entries(results)) {
      this.#rooms.sync(slug, result, asked[slug]);
      if (slug !== this.#slug) continue;
      if ("error" in result) this.#gone();
      else {
        this.#desk?.merge(result, asked[slug]);
        this.#reading.stands(result.room);
        for (const message of result.messages) if (message.author.id === this.#me.id) this.#outbox.settle(message);
      }
    }
    this.#drawRooms();
  }

  /** @param {RoomNews & { room: string, online?: import("#page/people.js").Online }} data */
  #news({ room: slug, online, ...news }) {
    if (online) this.#sidebar.online.enter(slug, online);
    this.#rooms.update(slug, news);
    this.#drawRooms();
    const room = this.#rooms.get(slug);
    if (slug === this.#slug && news.gone) this.#gone(news);
    else if (slug === this.#slug && room) this.#drawRoom(room);
    this.#mind();
  }

  /** @param {Room} room that one is in, or in again */
  #drawRoom(room) {
    this.#banner.gone(false);
    this.#desk?.rename(room);
  }

  /** @param {RoomNews} [news] how that came */
  #gone(news) {
    this.#desk?.close();
    this.#banner.gone(true, news);
  }

  /** @param {import("#core/outbox.js").Change} change */
  async #posted(change) {
    if (change.entry.room === this.#slug) this.#desk?.posted(change);
    if (change.entry.state !== "sending") this.#sidebar.refused(this.#outbox.list().flatMap(({ room, state }) => state === "failed" ? room : []));
    const entry = change.entry.attachments && await keepFiles(change, change.entry.attachments, this.#outbox);
    if (entry) this.#posted({ type: "changed", entry });
  }

  /** The room that is open, to its end. */
  #readRoom() { if (this.#slug) this.#reading.toEnd(this.#slug); }

  /** All rooms, to their ends. */
  #readAll() {
    this.#desk?.open.view.markNew(null);
    this.#reading.all();
  }

  /** @param {State} state */
  #became(state) {
    if (state !== "catching-up" && state !== "live") {
      this.#outbox.close();
      this.#catchUp.close();
    }
    if (state === "signed-out" && this.#isBack) return location.reload(); // signed out, then "back": not for whoever sits there now
    if (state === "live") for (const open of this.#desk?.logs ?? []) open.look(); // what was seen while nobody could be told
    this.#banner.became(state);
  }
}

/** @param {HTMLElement} button in a message that waits */
const clientIdOf = (button) => /** @type {HTMLElement} */ (button.closest("[data-client-id]")).dataset.clientId ?? "";

/** Tell the site where this device's clock stands, so that others see what time it is for one. @param {string} zone */
function tellZone(zone) {
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
  fetch("/accounts/zone/", { method: "POST", body: new URLSearchParams({ zone }), headers: { "X-CSRFToken": token } }).catch(() => {});
}

new Page();
