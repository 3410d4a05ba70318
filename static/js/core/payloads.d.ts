/** The shapes on the wire, for the JSDoc of the modules beside this file. Nothing runs here. */

export interface User { id: number; handle: string; name: string }

/** `users`: the first hundred of `count`. */
export interface Reaction { emoji: string; count: number; users: { id: number; name: string }[] }

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
}

export interface Room {
  slug: string;
  name: string;
  topic: string;
  kind: "open" | "closed" | "direct";
  archived: boolean;
  is_default: boolean;
  version: number;
  last_seq: number;
  last_read_seq: number;
  unread: number;
  mentions: number;
  role: "member" | "moderator";
  involvement: "everything" | "mentions" | "nothing";
  members: number;
  can_post: boolean;
}

export interface MessageEvent { type: "message"; room: string; version: number; message: Message }
export interface ReadEvent { type: "read"; room: string; last_read_seq: number; unread: number; mentions: number }
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
