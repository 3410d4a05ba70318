/** localStorage as the core sees it: what goes in comes out as a copy. */
export class MemoryStorage {
  #items = new Map();

  get size() { return this.#items.size; }

  get(key) { return JSON.parse(this.#items.get(key) ?? "null"); }

  set(key, value) {
    if (value === null) this.#items.delete(key);
    else this.#items.set(key, JSON.stringify(value));
  }
}
