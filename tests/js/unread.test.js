import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { RoomList, isCalled } from "#core/unread.js";

const ME = 1, BO = 2;
let rooms;

const room = (fields) => ({
  slug: "lobby", name: "Lobby", topic: "", kind: "open", involvement: "everything", archived: false,
  version: 10, last_seq: 10, last_read_seq: 10, unread: 0, mentions: 0, threads: [], ...fields,
});
const post = (seq, fields = {}) => change(seq, seq, fields);
const change = (seq, version, { author = BO, body = "", deleted = false, edited_at = seq === version || deleted ? null : "then" } = {}) =>
  rooms.message({ room: "lobby", version, message: { seq, version, author: { id: author }, body, deleted, edited_at } });
const lobby = () => rooms.get("lobby");
const counts = () => [lobby().last_seq, lobby().last_read_seq, lobby().unread, lobby().mentions];

beforeEach(() => {
  rooms = new RoomList(ME, ({ body }) => body.includes("@me"));
  rooms.hello([room()]);
});

test("somebody else's new message is unread, and may mention me", () => {
  assert.equal(post(11), "applied");
  post(12, { body: "hey @me" });
  assert.deepEqual(counts(), [12, 10, 2, 1]);
  assert.equal(lobby().version, 12);
});

test("in a direct conversation every message mentions me", () => {
  rooms.hello([room({ kind: "direct" })]);
  post(11);
  post(12);
  assert.deepEqual(counts(), [12, 10, 2, 2]);
  change(11, 13, { deleted: true });
  assert.deepEqual(counts(), [12, 10, 1, 1]);
  rooms.read({ room: "lobby", last_read_seq: 12, unread: 0, mentions: 0 });
  assert.deepEqual(counts(), [12, 12, 0, 0]);
});

test("a message counts once, however often it comes or is changed", () => {
  post(11);
  assert.equal(post(11), "seen");
  change(11, 12);
  change(11, 13, { body: "still not" });
  assert.deepEqual(counts(), [11, 10, 1, 0]);
});

test("an edit that mentions me counts, and one that does so no longer stops counting", () => {
  post(11);
  change(11, 12, { body: "@me after all" });
  assert.deepEqual(counts(), [11, 10, 1, 1]);
  change(11, 13, { body: "@me once more" });
  assert.deepEqual(counts(), [11, 10, 1, 1]);
  change(11, 14, { body: "rather not" });
  assert.deepEqual([counts(), rooms.behind()], [[11, 10, 1, 0], {}]);
});

test("an edit of what came before us is in doubt until a sync, if it may have mentioned me", () => {
  rooms.hello([room({ last_read_seq: 7, unread: 3, mentions: 1 })]);
  change(9, 11, { edited_at: null }); // a reaction: what was never edited says what it always said
  change(10, 12, { body: "@me", edited_at: null });
  assert.deepEqual([counts(), rooms.behind()], [[10, 7, 3, 1], {}]);
  change(8, 13, { body: "@me" }); // the one mention is known: this is another
  assert.deepEqual([counts(), rooms.behind()], [[10, 7, 3, 2], {}]);
  rooms.hello([room({ version: 13, last_read_seq: 7, unread: 3, mentions: 2 })]);
  rooms.hello([room({ version: 20, last_read_seq: 7, unread: 3, mentions: 1 })]);
  change(8, 21, { body: "not you" });
  assert.deepEqual(rooms.behind(), { lobby: 21 });
  rooms.sync("lobby", { version: 21, messages: [], room: room({ version: 21, last_read_seq: 7, unread: 3 }) }, 21);
  assert.deepEqual([counts(), rooms.behind()], [[10, 7, 3, 0], {}]);
});

test("who is called: by name, or with everybody, but not by oneself", () => {
  const message = (mentions, author = BO) => ({ author: { id: author }, mentions });
  assert(isCalled(message({ room: false, users: [ME] }), ME));
  assert(isCalled(message({ room: true, users: [] }), ME));
  assert(!isCalled(message({ room: false, users: [3] }), ME));
  assert(!isCalled(message({ room: true, users: [] }, ME), ME));
  assert(!isCalled(message(undefined), ME));
});

test("a change of an old message is not news", () => {
  change(4, 11);
  assert.deepEqual(counts(), [10, 10, 0, 0]);
});

test("a deleted one stops counting, once", () => {
  post(11, { body: "@me" });
  post(12);
  change(11, 13, { deleted: true });
  change(11, 14, { deleted: true });
  assert.deepEqual(counts(), [12, 10, 1, 0]);
});

test("a deleted one that was unread before we came stops counting, once; one that was read never did", () => {
  rooms.hello([room({ last_read_seq: 7, unread: 3 })]);
  change(9, 11, { deleted: true });
  change(9, 12, { deleted: true });
  change(5, 13, { deleted: true });
  assert.deepEqual(counts(), [10, 7, 2, 0]);
});

test("a deleted one that may have been deleted before we came is in doubt until a sync", () => {
  rooms.hello([room({ last_read_seq: 7, unread: 2 })]);
  post(11);
  assert.deepEqual(rooms.behind(), {});
  change(9, 12, { deleted: true });
  assert.deepEqual(rooms.behind(), { lobby: 12 });
  rooms.sync("lobby", { version: 12, messages: [], room: room({ version: 12, last_seq: 11, last_read_seq: 7, unread: 3 }) }, 12);
  assert.deepEqual([counts(), rooms.behind()], [[11, 7, 3, 0], {}]);
});

test("my own message reads what stands above", () => {
  post(11, { body: "@me" });
  post(12, { author: ME });
  assert.deepEqual(counts(), [12, 12, 0, 0]);
  change(11, 13, { deleted: true });
  assert.deepEqual(counts(), [12, 12, 0, 0]);
});

test("a read in another tab sets the mark; marking unread sets it back", () => {
  post(11, { body: "@me" });
  rooms.read({ room: "lobby", last_read_seq: 11, unread: 0, mentions: 0 });
  assert.deepEqual(counts(), [11, 11, 0, 0]);
  rooms.read({ room: "lobby", last_read_seq: 8, unread: 3, mentions: 1 });
  assert.deepEqual(counts(), [11, 8, 3, 1]);
});

test("a read that crossed a new message on its way does not hide it, nor count it twice", () => {
  post(11, { body: "@me" });
  rooms.read({ room: "lobby", last_read_seq: 10, unread: 0, mentions: 0 });
  assert.deepEqual(counts(), [11, 10, 1, 1]);
  rooms.read({ room: "lobby", last_read_seq: 11, unread: 1, mentions: 0 });
  post(12);
  assert.deepEqual(counts(), [12, 11, 1, 0]);
});

test("a read that knows of a deletion before it comes does not let it count twice", () => {
  rooms.hello([room({ last_read_seq: 8, unread: 2 })]);
  post(11);
  rooms.read({ room: "lobby", last_read_seq: 9, unread: 1, mentions: 0 });
  change(10, 12, { deleted: true });
  assert.deepEqual(counts(), [11, 9, 1, 0]);
});

test("one that was deleted when it came first never counts", () => {
  rooms.hello([room({ last_read_seq: 9, unread: 1 })]);
  post(11, { deleted: true });
  assert.deepEqual(counts(), [11, 9, 1, 0]);
});

test("what was counted before a hello is forgotten", () => {
  post(11);
  rooms.hello([room({ version: 12, last_seq: 11 })]);
  rooms.read({ room: "lobby", last_read_seq: 10, unread: 0, mentions: 0 });
  assert.deepEqual(counts(), [11, 10, 0, 0]);
});

test("a gap does not count; the room needs a sync, unless the straggler comes", () => {
  assert.equal(post(12), "gap");
  assert.deepEqual(counts(), [10, 10, 0, 0]);
  assert.deepEqual(rooms.behind(), { lobby: 10 });
  post(11);
  assert.deepEqual(counts(), [12, 10, 2, 0]);
  assert.deepEqual(rooms.behind(), {});
});

test("a sync's room is the truth, and what waited goes on from there", () => {
  post(12);
  post(15);
  rooms.sync("lobby", { version: 12, messages: [], more: true, room: room({ version: 14, last_seq: 14, unread: 4 }) }, 10);
  assert.deepEqual(counts(), [15, 10, 5, 0]);
  assert.deepEqual(rooms.behind(), {});
});

test("a sync's room from before what we know is late, unless the server was set back", () => {
  post(11);
  rooms.sync("lobby", { version: 10, messages: [], room: room() }, 9);
  assert.deepEqual(counts(), [11, 10, 1, 0]);
  rooms.sync("lobby", { reset: true, version: 3, messages: [], has_before: false, room: room({ version: 3, last_seq: 3, last_read_seq: 3 }) }, 11);
  assert.deepEqual(counts(), [3, 3, 0, 0]);
  post(4);
  assert.deepEqual(counts(), [4, 3, 1, 0]);
});

test("what was deleted in a time that was undone is not deleted", () => {
  post(11);
  change(11, 12, { deleted: true });
  rooms.sync("lobby", { reset: true, version: 10, messages: [], has_before: false, room: room() }, 12);
  post(11);
  change(11, 12, { deleted: true });
  assert.deepEqual(counts(), [11, 10, 0, 0]);
});

test("a sync that says no takes the room off the list", () => {
  rooms.sync("lobby", { error: { code: "not_found", message: "" } });
  assert.deepEqual(rooms.list(), []);
});

test("hello names the rooms that are there, and no others", () => {
  rooms.hello([room({ slug: "ops", unread: 2 })]);
  assert.deepEqual(rooms.list().map(({ slug }) => slug), ["ops"]);
  assert.deepEqual(rooms.totals(), { unread: 2, mentions: 0 });
});

test("an event that overtook hello is not lost", () => {
  rooms = new RoomList(ME);
  post(11);
  assert.deepEqual([rooms.list(), rooms.behind(), rooms.totals()], [[], {}, { unread: 0, mentions: 0 }]);
  rooms.hello([room()]);
  assert.deepEqual(counts(), [11, 10, 1, 0]);
});

test("a hello from before what we know is in doubt until a sync", () => {
  post(11);
  rooms.hello([room()]);
  assert.deepEqual(rooms.behind(), { lobby: 10 });
  rooms.sync("lobby", { version: 11, messages: [], room: room({ version: 11, last_seq: 11, unread: 1 }) }, 10);
  assert.deepEqual([counts(), rooms.behind()], [[11, 10, 1, 0], {}]);
});

test("news of a room changes what it says, not the counts; they tell if something was missed", () => {
  rooms.update("lobby", { name: "Hall", version: 12, last_seq: 12 });
  assert.equal(lobby().name, "Hall");
  assert.deepEqual(counts(), [10, 10, 0, 0]);
  assert.deepEqual(rooms.behind(), { lobby: 10 });
});

test("a room I was added to comes onto the list; one that is gone leaves it", () => {
  rooms.update("ops", room({ slug: "ops", unread: 1 }));
  assert.equal(rooms.get("ops").unread, 1);
  rooms.update("ops", { gone: true, reason: "removed" });
  assert.equal(rooms.get("ops"), undefined);
});

test("news of a room that is not mine does not list it", () => {
  rooms.update("ops", { name: "Ops" });
  rooms.read({ room: "ops", last_read_seq: 1, unread: 0, mentions: 0 });
  assert.equal(rooms.list().length, 1);
});

test("the badge leaves out muted rooms, and all but mentions of the half-muted", () => {
  const standing = { unread: 5, mentions: 2 };
  rooms.hello(["everything", "mentions", "nothing"].map((involvement) => room({ slug: involvement, involvement, ...standing })));
  assert.deepEqual(rooms.totals(), { unread: 7, mentions: 4 });
});
