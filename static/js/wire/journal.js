/**
 * Where the outbox is kept: IndexedDB, written through to the disk (`strict`; a browser that is killed loses what localStorage has not yet flushed), one transaction
 * a change, so that tabs cannot overwrite each other. They tell each other what they do by a BroadcastChannel, and take turns by a Web Lock a room.
 *
 * Nothing here rejects: where there is no database entries last as long as the page, and where there are no locks (they need a secure page) or their holder sleeps, one
 * goes on without: sending twice is harmless (client_id), two tabs may then swap the order of what was written in both.
 */

/** @import { Entry, News } from "#core/outbox.js" */
/** @import { Message } from "#core/payloads.js" */

const STORE = "entries";
/** Longest wait for another tab's turn, milliseconds: longer than an answer takes. */
const PATIENCE = 15_000;

export class Journal {
  #name;
  #db;
  #channel;
  /** @type {Map<string, Readonly<Entry>>} what the database has not taken, or would not */
  #spare = new Map();

  /**
   * @param {number} user whose it is: whoever signs in next on this device has their own
   * @param {(news: News) => void} onnews told of what other tabs do
   */
  constructor(user, onnews) {
    this.#name = `outbox:${user}`;
    this.#db = opened(this.#name).catch(() => null);
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.addEventListener("message", ({ data }) => onnews(data));
  }

  /** @returns {Promise<Readonly<Entry>[]>} all that is kept */
  async all() {
    const stored = await this.#ask("readonly", (entries) => entries.getAll());
    return [...(stored ?? []), ...this.#spare.values()];
  }

  /** @param {Readonly<Entry>} entry pending or failed: what is on its way is nobody's once the page is gone */
  put(entry) {
    this.#spare.set(entry.client_id, entry); // until the database has it
    this.#ask("readwrite", (entries) => entries.put(entry)).then((key) => {
      if (key !== null && this.#spare.get(entry.client_id) === entry) this.#spare.delete(entry.client_id);
    });
    this.#channel.postMessage({ put: entry });
  }

  /** @param {string} client_id @param {Message} [message] that came of it */
  remove(client_id, message) {
    this.#spare.delete(client_id);
    this.#ask("readwrite", (entries) => entries.delete(client_id));
    this.#channel.postMessage({ gone: client_id, message });
  }

  /** @param {string} room @param {(stored: Readonly<Entry>[]) => Promise<void>} act */
  async turn(room, act) {
    let isOn = false;
    const work = async () => {
      isOn = true;
      await act(await this.all());
    };
    await navigator.locks?.request(`${this.#name}:${room}`, { signal: AbortSignal.timeout(PATIENCE) }, work).catch(() => {});
    if (!isOn) await work();
  }

  /**
   * One request in a transaction of its own; they are done in the order asked.
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(entries: IDBObjectStore) => IDBRequest<T>} request
   * @returns {Promise<T | null>} null: there is no database, or it refused
   */
  async #ask(mode, request) {
    const db = await this.#db;
    return db && new Promise((resolve) => {
      try {
        const transaction = db.transaction(STORE, mode, { durability: "strict" });
        const asked = request(transaction.objectStore(STORE));
        transaction.commit(); // also if the page is closed at once
        transaction.oncomplete = () => resolve(asked.result);
        transaction.onabort = () => resolve(null);
      } catch {
        resolve(null);
      }
    });
  }
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function opened(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "client_id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
