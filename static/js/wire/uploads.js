/**
 * Files on their way to the server, ahead of their message. Each goes under an id chosen here, so that sending it again is harmless, from whichever tab;
 * it is kept in IndexedDB until its message exists, so that what was written with it survives a reload.
 *
 * Invariant: of a file one upload at a time is on its way, in this tab and, by a Web Lock, in all.
 */

/** @import { Attachment, Refusal } from "#core/payloads.js" */
/** @typedef {{ ok: true, attachment?: Attachment } | { ok: false, error: Refusal }} Answer */
/** @typedef {{ id: string, file: File, at: number, sent?: number }} Kept `at`, `sent`: when it was chosen and when it arrived, milliseconds since the epoch */

const STORE = "files";
/** The server keeps a file without a message for a day; what arrived longer ago than this is sent again, milliseconds. */
const FRESH = 20 * 3_600_000;
/** What nobody sent in this time is forgotten, milliseconds. */
const STALE = 30 * 86_400_000;

/** @type {Map<string, Kept>} what was chosen in this page: also where there is no database */
const here = new Map();
/** @type {Map<string, Promise<Answer>>} */
const underway = new Map();
/** @type {Map<string, XMLHttpRequest>} */
const requests = new Map();
/** @type {Map<string, number>} how much of each arrived, 0 to 1 */
const shares = new Map();
/** @type {(() => void)[]} */
const waiting = [];
let free = 3;
/** @type {Set<(id: string) => void>} */
const listeners = new Set();

/** @param {(id: string) => void} listener told when more of a file has arrived */
export const onProgress = (listener) => void listeners.add(listener);

/** @param {string} id @returns {number} how much of the file arrived, 0 to 1 */
export const share = (id) => shares.get(id) ?? 0;

/** Keep a file, to be sent. @param {string} id a UUID @param {File} file */
export function keep(id, file) {
  const kept = { id, file, at: Date.now() };
  here.set(id, kept);
  ask("readwrite", (files) => files.put(kept));
}

/** @param {string} id @returns {Promise<File | null>} */
export async function fileOf(id) { return (await find(id))?.file ?? null; }

/** Its message exists, or nobody wants it any more. @param {string} id */
export function forget(id) {
  requests.get(id)?.abort();
  here.delete(id);
  shares.delete(id);
  ask("readwrite", (files) => files.delete(id));
}

/** Nobody wants it: not here, nor on the server. @param {string} room slug @param {string} id */
export function withdraw(room, id) {
  forget(id);
  fetch(`${address(room)}${id}/`, { method: "DELETE", headers: { "X-CSRFToken": token() } }).catch(() => {});
}

/**
 * Send a file, unless it is there.
 * @param {string} room slug
 * @param {string} id
 * @returns {Promise<Answer>} rejects when no answer came, or when it was forgotten meanwhile
 */
export function sent(room, id) {
  const going = underway.get(id) ?? send(room, id).finally(() => underway.delete(id));
  underway.set(id, going);
  return going;
}

/** @param {string} room @param {string} id @returns {Promise<Answer>} */
async function send(room, id) {
  const work = async () => {
    const kept = await find(id);
    if (!kept || Date.now() - (kept.sent ?? 0) < FRESH) {
      tell(id, 1);
      return { ok: /** @type {true} */ (true) };
    }
    const answer = await turn(() => post(room, kept));
    if (answer.ok && here.get(id) === kept) {
      kept.sent = Date.now();
      ask("readwrite", (files) => files.put(kept));
    }
    return answer;
  };
  return navigator.locks ? navigator.locks.request(`upload:${id}`, work) : work();
}

/** @template T @param {() => Promise<T>} work a few at a time: the page asks for other things, too @returns {Promise<T>} */
async function turn(work) {
  if (free) free -= 1;
  else await new Promise((resolve) => waiting.push(() => resolve(null)));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

/** @param {string} room @param {Kept} kept @returns {Promise<Answer>} */
function post(room, { id, file }) {
  const request = new XMLHttpRequest(), form = new FormData();
  form.append("id", id);
  form.append("file", file);
  requests.set(id, request);
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("the upload was cut off"));
    request.upload.onprogress = ({ loaded, total }) => tell(id, total ? loaded / total : 0);
    request.onload = () => {
      const { status, response } = request, isRefused = status >= 400 && status < 500;
      if (response && "ok" in response) resolve(response);
      else if (isRefused) resolve({ ok: false, error: { code: "forbidden", message: gettext("the server does not take it") } }); // or what stands before it
      else fail();
    };
    request.onerror = request.onabort = request.ontimeout = fail;
    request.open("POST", address(room));
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", token());
    request.send(form);
  }).finally(() => requests.delete(id));
}

/** @param {string} id @param {number} part */
function tell(id, part) {
  shares.set(id, part);
  for (const listener of listeners) listener(id);
}

/** @param {string} room */
const address = (room) => `/api/rooms/${encodeURIComponent(room)}/attachments/`;

const token = () => /(?:^|; )(?:__Host-)?csrftoken=(\w+)/.exec(document.cookie)?.[1] ?? "";

/** @param {string} id @returns {Promise<Kept | undefined>} */
async function find(id) {
  const kept = here.get(id) ?? await ask("readonly", (files) => files.get(id)) ?? undefined;
  if (kept) here.set(id, kept);
  return kept;
}

/** @type {Promise<IDBDatabase | null> | undefined} */
let opening;

/** One request to the database. @template T @param {IDBTransactionMode} mode @param {(files: IDBObjectStore) => IDBRequest<T>} request @returns {Promise<T | null>} */
async function ask(mode, request) {
  const db = await (opening ??= opened().catch(() => null));
  return db && new Promise((resolve) => {
    try {
      const transaction = db.transaction(STORE, mode), asked = request(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

/** @returns {Promise<IDBDatabase>} without what is stale */
function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("uploads", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("at", "at");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const old = request.result.transaction(STORE, "readwrite").objectStore(STORE).index("at").openCursor(IDBKeyRange.upperBound(Date.now() - STALE));
      old.onsuccess = () => {
        old.result?.delete();
        old.result?.continue();
      };
      resolve(request.result);
    };
  });
}
