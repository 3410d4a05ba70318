/** The shapes on the wire, for the JSDoc of the modules beside this file. Nothing runs here. */

/** `avatar`: address of a picture, 96 pixels square; `-384` in place of `-96` is the large one. Absent: none. */
export interface User { id: number; handle: string; name: string; avatar?: string }

/** What they say they are up to; "" for nothing. */
export interface Profile extends User { status_emoji: string; status: string }

/** `users`: the first of `count`; `others`: the ids of those who follow. Absent: nobody. */
export interface Reaction { emoji: string; count: number; users: { id: number; name: string }[]; others?: number[] }

/** A file of a message. `image/`, `audio/` and `video/` play in place. `width`, `height` (pixels) and `thumbnail` (address) of images. */
export interface Attachment {
  id: string;
  name: string;
  content_type: string;
  /** Bytes. */
  size: number;
  url: string;
  width?: number;
  height?: number;
  thumbnail?: string;
}

/** A file that goes along with what is written here, as it will be. */
export type Sent = Omit<Attachment, "thumbnail">;

export interface Message {
  seq: number;
  /** The room's version at the last change of this message. */
  version: number;
  client_id: string;
  author: User;
  body: string;
  html?: string;
  /** ISO 8601, UTC, milliseconds. */
  created_at: string;
  edited_at: string | null;
  deleted: boolean;
  reply_to: null | { seq: number; author: User; excerpt: string };
  /** Absent: none. */
  reactions?: Reaction[];
  /** An answer in a thread: the seq of its root. */
  thread?: number;
  /** Of the thread under it. Absent: no answer stands. `users`: the first three who answered. */
  answers?: { count: number; users: User[]; last_at: string };
  /** Absent: nobody. `room`: everybody in it; then `users` may be left empty. */
  mentions?: { room: boolean; users: number[] };
  /** Absent: none. */
  attachments?: Attachment[];
  /** Absent: it is not pinned. */
  pinned_at?: string;
  /** null: somebody who is no longer there. */
  pinned_by?: User | null;
}

/** What a message said until `edited_at`. */
export interface Revision { body: string; html?: string; edited_at: string; editor: User }

/** A thread that one follows, with something unread in it: `seq` of its root. */
export interface ThreadMark { seq: number; last_read_seq: number; unread: number; mentions: number }

export interface Room {
  slug: string;
  name: string;
  topic: string;
  kind: "open" | "closed" | "direct";
  /** Of a direct conversation: the others in it, by whom it is named. */
  people?: User[];
  archived: boolean;
  is_default: boolean;
  version: number;
  last_seq: number;
  last_read_seq: number;
  unread: number;
  mentions: number;
  /** Those with something unread, by seq. */
  threads: ThreadMark[];
  role: "member" | "moderator";
  involvement: "everything" | "mentions" | "nothing";
  members: number;
  can_post: boolean;
  /** Until when one may say nothing, and why; null: one may. */
  muted: null | { until: string; reason: string };
  /** Seconds between two messages of a member; 0: none. */
  slow_mode: number;
}

export interface MessageEvent { type: "message"; room: string; version: number; message: Message }
export interface ReadEvent { type: "read"; room: string; last_read_seq: number; unread: number; mentions: number }
export interface ThreadEvent extends ThreadMark { type: "thread"; room: string; following: boolean }
export interface NoticeEvent { type: "join" | "leave"; room: string; user: User; online?: number }

/** What a page of history answers, ascending by seq; `version` is the room's, read before the messages. */
export interface Page { version: number; messages: Message[]; has_before: boolean; has_after: boolean }

export interface Changes { reset?: false; version: number; messages: Message[]; more?: boolean; room?: Room }
export interface Reset { reset: true; version: number; messages: Message[]; has_before: boolean; room?: Room }
export type SyncResult = Changes | Reset;

export interface Refusal { code: string; message: string; field?: string; retry_after?: number }
export type MessageAck =
  | { ok: true; message: Message; room: string; version: number }
  | { ok: false; error: Refusal };

/** A place for JSON that outlives the page: localStorage behind two synchronous functions that never throw. */
export interface Storage {
  get(key: string): any;
  /** null removes. */
  set(key: string, value: unknown): void;
}
