/** How an entry of the outbox goes out: its files ahead, then what is posted. Without files nothing of files is loaded. */

import { load, previews } from "#page/dom.js";

/** @import { MessageAck, Sent } from "#core/payloads.js" */
/** @import { Change, Entry, Outbox } from "#core/outbox.js" */

/** What `message` asks for. @param {Readonly<Entry>} entry */
export const post = ({ room, body, client_id, reply_to, thread, attachments }) => ({
  room, body, client_id, ...(reply_to === undefined ? {} : { reply_to }), ...(thread === undefined ? {} : { thread }),
  ...(attachments ? { attachments: attachments.map(({ id }) => id) } : {}),
});

/** Send its files ahead. @param {Readonly<Entry>} entry @returns {Promise<MessageAck | null>} null: they are there */
export async function withFiles({ room, attachments = [] }) {
  const { sent } = await import("#wire/uploads.js"); // one that fails is a post that fails: the outbox tries again
  const answers = await Promise.all(attachments.map(({ id }) => sent(room, id)));
  return answers.find((answer) => !answer.ok) ?? null;
}

/**
 * The files of an entry are shown as they were chosen until the server has them, then forgotten.
 * @param {Change} change @param {Sent[]} attachments of its entry @param {Outbox} outbox
 * @returns {Promise<Readonly<Entry> | undefined>} the entry, where there is more to show of it now
 */
export async function keepFiles({ type, entry }, attachments, outbox) {
  const uploads = await load(() => import("#wire/uploads.js"));
  if (!uploads) return undefined;
  load(() => import("#page/tray.js")); // draws how far they are
  const { fileOf, forget } = uploads;
  if (type === "settled") for (const { id } of attachments) forget(id);
  const unseen = type === "added" ? attachments.filter(({ id }) => !previews.has(id)) : [];
  for (const { id } of unseen) {
    const file = await fileOf(id);
    if (file) previews.set(id, URL.createObjectURL(file));
  }
  return unseen.length ? outbox.get(entry.client_id) : undefined;
}
