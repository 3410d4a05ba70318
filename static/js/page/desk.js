/**
 * The open room and, beside it, one of its threads: each with its log, its composer, and what can be done with its messages.
 * Invariant: what comes in for the room reaches every log that is open.
 */

import { mayPost } from "#core/unread.js";
import { Acts, confirmed } from "#page/acts.js";
import { Composer } from "#page/composer.js";
import { find, given, load, slot, uuid } from "#page/dom.js";
import { reasonOf, saved } from "#page/message.js";
import { OpenRoom } from "#page/room.js";

/** @import { Message, MessageEvent, Room, SyncResult, User } from "#core/payloads.js" */
/** @import { Change } from "#core/outbox.js" */
/** @import { RoomLog } from "#core/timeline.js" */
/** @import { Kept } from "#page/kept.js" */
/** @import { ThreadPanel } from "#page/thread.js" */
/**
 * @typedef {object} Ports
 * @property {() => Room | undefined} room as it stands
 * @property {import("#core/outbox.js").Outbox} outbox
 * @property {(event: string, payload: object) => Promise<any>} ask rejects without a connection
 * @property {(event: string, payload: object) => void} tell may be lost
 * @property {(seq: number, log: RoomLog) => void} onsee told of the last message in view
 * @property {() => void} onopen a thread was opened: it may lack what came since it was drawn
 */

const thread = () => load(() => import("#page/thread.js"));

/** Messages kept for who is not there yet. */
const CAME = 1000;

export class Desk {
  #slug;
  #me;
  #ports;
  /** @type {ThreadPanel | null} the thread that is open beside the room */
  #thread = null;
  /** @type {Promise<Kept | null> | null} what is pinned, and saved: there when there is something to say of it */
  #kept = null;
  /** @type {Set<number>} */
  #pinned = new Set(given("pinned-data"));
  /** @type {Message[]} what came that it does not know yet, the last of it */
  #came = [];

  /** @param {Room} room as the server drew it @param {User} me @param {Ports} ports */
  constructor(room, me, ports) {
    this.#slug = room.slug;
    this.#me = me;
    this.#ports = ports;
    this.open = new OpenRoom(room, me, {
      page: given("log-data"), readTo: () => ports.room()?.last_read_seq, onsee: ports.onsee, onlost: (seq) => this.#lost(seq),
    });
    find("when")?.addEventListener("toggle", () => load(() => import("#page/when.js")).then((module) => module?.listen((day) => this.open.since(day))), { once: true });
    this.composer = this.#equip(this.open, document);
    const seq = find("log", slot("panel"))?.dataset.thread, root = this.open.view.get(Number(seq));
    if (seq) this.#showThread(); // the page is that of a thread
    addEventListener("popstate", () => this.#wentTo());
    if (root) this.open.scroll.to(root);
  }

  /** @returns {OpenRoom[]} what is open of the room: its log, and a thread's */
  get logs() { return this.#thread ? [this.open, this.#thread.open] : [this.open]; }

  /** Whether any of it lacks something. @param {number} version the room's */
  isBehind(version) { return this.logs.some(({ log }) => log.isBehind || log.version < version); }

  /** What all of it has seen. */
  get version() { return Math.min(...this.logs.map(({ log }) => log.version)); }

  /** @param {Pick<MessageEvent, "version" | "message">} event */
  apply(event) {
    for (const open of this.logs) open.apply(event);
    this.#saw([event.message]);
    if (event.message.deleted) this.#deleted(event.message.seq);
  }

  /** The room's answer to `sync`. @param {SyncResult} result @param {number} since */
  merge(result, since) {
    this.open.merge(result, since);
    if (result.reset) this.#keep((kept) => kept.reset());
    else this.#saw(result.messages);
    if (!result.reset) this.#thread?.open.merge(result, since);
    else if (this.#thread) this.openThread(this.#thread.seq, this.#thread.hasFocus); // what came is the room's log alone
    for (const message of result.messages) if (message.deleted) this.#deleted(message.seq);
  }

  /** @param {Change} change of the outbox, in this room */
  posted(change) {
    this.logs.find(({ log }) => log.thread === change.entry.thread)?.outbox(change);
    if (change.type === "settled") for (const open of this.logs) open.apply({ version: change.message.version, message: change.message });
  }

  /** The room is called otherwise, or one may write in it now, or no more. @param {Room} room */
  rename(room) {
    this.open.rename(room);
    this.composer.rename(room.name);
    for (const composer of this.#composers) composer.enable(room);
    slot("hello").hidden = !room.can_post;
  }

  /** One has said something, here or on another device: where the room goes slowly one waits. */
  said() { for (const composer of this.#composers) composer.waits(); }

  /** One is no longer in the room. */
  close() { for (const composer of this.#composers) composer.close(); }

  /**
   * The thread is in the address from then on, so that a reload shows it, and "back" closes it.
   * @param {number} seq of the root, or of an answer: then at that
   * @param {boolean} [isAsked] by the reader, who goes on there
   */
  async openThread(seq, isAsked = true) {
    const module = await thread(), reason = module ? await module.fetchThread(this.#slug, seq) : gettext("Not connected. Try again in a moment.");
    if (reason) return this.composer.complain(reason);
    await this.#showThread();
    if (!this.#thread) return;
    this.#address(`/rooms/${encodeURIComponent(this.#slug)}/threads/${this.#thread.seq}/`);
    if (this.#thread.seq !== seq) this.#thread.open.to(seq);
    else if (isAsked) this.#thread.focus();
  }

  /** @param {string} path of the thread that is open; one takes another's place */
  #address(path) {
    if (location.pathname === path) return;
    if (location.pathname.includes("/threads/")) history.replaceState(history.state, "", path);
    else history.pushState({ thread: true }, "", path + location.hash);
  }

  /** The reader went back, or forth again. */
  #wentTo() {
    const seq = Number(/\/threads\/(\d+)\/$/.exec(location.pathname)?.[1]);
    if (!seq) this.closeThread(true);
    else if (seq !== this.#thread?.seq) this.openThread(seq);
  }

  /** How one stands to a thread of the room. @param {import("#core/payloads.js").ThreadEvent} event */
  stands(event) { if (this.#thread?.seq === event.seq) this.#thread.stands(event); }

  /** The pinned messages, in the panel. */
  pins() {
    this.closeThread(false);
    this.#keep((kept) => kept.toggle());
  }

  /** One has saved a message, or put it away. @param {{ seq: number, on: boolean }} saved */
  saved({ seq, on }) { this.#keep((kept) => kept.saved(seq, on)); }

  /** All that one has saved here. @param {number[]} seqs */
  savedAll(seqs) {
    if (seqs.length !== saved.size || seqs.some((seq) => !saved.has(seq))) this.#keep((kept) => kept.savedAll(seqs));
  }

  /** Messages as they are now, some of them pinned, or no longer. @param {Message[]} messages */
  #saw(messages) {
    this.#came = [...this.#came, ...messages].slice(-CAME);
    if (this.#kept || messages.some(({ seq, pinned_at }) => pinned_at || this.#pinned.has(seq))) this.#keep(() => {});
  }

  /** @param {(kept: Kept) => void} act */
  async #keep(act) {
    this.#kept ??= load(() => import("#page/kept.js")).then((module) => module && new module.Kept({
      keep: (change) => this.open.scroll.keep(change), show: (seq) => this.open.to(seq),
      unpin: async (seq) => this.composer.complain(await this.#change("pin", { seq, on: false })),
    }));
    const kept = await this.#kept;
    if (!kept) return void (this.#kept = null); // to be asked for again
    kept.saw(this.#came.splice(0));
    act(kept);
  }

  /** What is not in the room's log stands in a thread, as numbers have no gaps; or there is no such message yet. @param {number} seq */
  #lost(seq) {
    if (seq > (this.#ports.room()?.last_seq ?? 0)) this.composer.complain(gettext("There is no such message."));
    else this.openThread(seq);
  }

  /** @param {boolean} returns whether the focus goes back to where the thread hangs */
  closeThread(returns) {
    const seq = this.#thread?.seq;
    this.#thread?.close();
    this.#thread = null;
    if (seq && returns) this.open.view.get(seq)?.focus({ preventScroll: true });
  }

  get #composers() { return this.#thread ? [this.composer, this.#thread.composer] : [this.composer]; }

  /** What the panel holds now. */
  async #showThread() {
    const module = await thread(), room = this.#ports.room();
    if (!module || !room) return;
    this.#thread?.end();
    this.#thread = new module.ThreadPanel(room, this.#me, {
      equip: (open, frame) => this.#equip(open, frame),
      ask: this.#ports.ask,
      onclose: () => this.closeThread(true),
      discard: (clientId) => this.#ports.outbox.discard(clientId),
    });
    this.#thread.composer.enable(room);
    this.#ports.onopen();
  }

  /** Give a log its composer, what can be done with its messages, and what waits for it. @param {OpenRoom} open @param {ParentNode} frame */
  #equip(open, frame) {
    const { slug, log } = open, isThread = log.thread !== undefined, { outbox, room, tell } = this.#ports;
    const at = (/** @type {number} */ seq) => log.messages.get(seq);
    const isMine = (/** @type {Message} */ message) => message.author.id === this.#me.id;
    const isModerator = () => room()?.role === "moderator";
    const maySee = (/** @type {Message} */ message) => isMine(message) || isModerator();
    const mayDelete = (/** @type {Message} */ message) => Boolean(room()?.can_post) && (isMine(message) || (isModerator() && mayPost(room())));
    const composer = new Composer(isThread ? `${slug}#${log.thread}` : slug, this.#me.id, {
      say: (said) => this.#say(open, said),
      edit: (seq, body) => this.#change("edit", { seq, body }),
      typing: () => !isThread && tell("typing", { room: slug }),
      last: () => log.list().findLast((message) => isMine(message) && !message.deleted),
      at,
    }, frame);
    new Acts(open.view.element, {
      at, canEdit: isMine,
      canDelete: mayDelete,
      canPost: () => mayPost(room()),
      react: async ({ seq }, emoji, on) => composer.complain(await this.#change("react", { seq, emoji, on })),
      pin: async ({ seq }, on) => composer.complain(await this.#change("pin", { seq, on })),
      save: async ({ seq }, on) => composer.complain(await this.#change("save", { seq, on })),
      reply: (message) => composer.reply(message),
      thread: isThread ? undefined : ({ seq }) => this.openThread(seq),
      edit: (message) => composer.edit(message),
      unread: async ({ seq }) => composer.complain(await this.#asked("unread", { seq, client_id: uuid() })),
      delete: async (message) => {
        const answer = await confirmed("confirm", (dialog) => isMine(message) || askWhy(dialog));
        const reason = String(answer?.get("reason") ?? "").trim();
        if (answer) composer.complain(await this.#change("delete", { seq: message.seq, ...(reason ? { reason } : {}) }));
      },
      report: async ({ seq }) => (await load(() => import("#page/report.js")))?.ask((reason) => this.#asked("report", { seq, reason })),
      history: async (message) => (await load(() => import("#page/revisions.js")))?.show(slug, message, maySee(message)),
    });
    for (const entry of outbox.list(slug)) if (entry.thread === log.thread) open.outbox({ type: "added", entry });
    return composer;
  }

  /** @param {OpenRoom} open @param {import("#page/composer.js").Said} said */
  #say(open, said) {
    open.toEnd();
    this.#ports.outbox.add({ ...said, room: open.slug, thread: open.log.thread });
  }

  /** @param {"edit" | "delete" | "react" | "pin" | "save"} what @param {object} payload @returns {Promise<string>} why it was refused, or "" */
  async #change(what, payload) {
    if (what !== "delete") payload = { ...payload, client_id: uuid() }; // it is done once, however late it comes again
    return this.#asked(what, payload, (answer) => (what === "save" ? this.saved(answer) : this.logs.forEach((open) => open.apply(answer))));
  }

  /** @param {string} what @param {object} payload @param {(answer: any) => void} [done] @returns {Promise<string>} why it was refused, or "" */
  async #asked(what, payload, done) {
    const answer = await this.#ports.ask(what, { room: this.#slug, ...payload }).catch(() => null);
    if (answer?.ok) done?.(answer);
    return answer?.ok ? "" : answer ? reasonOf(answer.error) : gettext("Not connected. Try again in a moment.");
  }

  /** @param {number} seq nobody answers or edits it any more */
  #deleted(seq) { for (const composer of this.#composers) composer.deleted(seq); }
}

/** Who takes away what others wrote says why. @param {HTMLElement} dialog */
function askWhy(dialog) {
  slot("why", dialog).hidden = false;
  slot("why", dialog).querySelector("input")?.focus();
}
