import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fit, matching } from "#core/fuzzy.js";

const find = (typed, ...names) => matching(typed, names, (name) => [name]);

test("the better it fits, the higher it stands", () => {
  assert.deepEqual(find("des", "Duties", "Nodes", "The design", "Designers", "Des", "Lobby"),
    ["Des", "Designers", "The design", "Nodes", "Duties"]);
});

test("case, accents and blanks around do not matter", () => {
  assert.deepEqual(find(" MULLER ", "Jörg Müller", "Mill"), ["Jörg Müller"]);
  assert.deepEqual(find("ﬁ", "Filme"), ["Filme"]);
});

test("letters close together fit better than letters far apart", () => {
  assert.deepEqual(find("dn", "docs and nothing", "dine"), ["dine", "docs and nothing"]);
});

test("nothing typed finds all, as they came", () => {
  assert.deepEqual(find("", "b", "a"), ["b", "a"]);
});

test("each is found by any of its names", () => {
  const people = [{ name: "Ana Lima", handle: "lima" }, { name: "Bo", handle: "ana-2" }];
  assert.deepEqual(matching("lima", people, ({ name, handle }) => [name, handle]), [people[0]]);
  assert.equal(matching("ana", people, ({ name, handle }) => [name, handle]).length, 2);
});

test("whatever is typed is text, and a name fits itself best", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (typed, name) => {
    assert(fit(typed, name) <= fit(name, name));
    assert.equal(fit(name, name), 4);
  }));
});
