/** The journal as the tabs of a browser share it (wire/journal.js): what goes in comes out as a copy, the others hear of it, and a room has one turn at a time. */
export class Browser {
  #entries = new Map();
  #tabs = new Set();
  /** room -> who has the turn, and who waits for it: {tab, go}. */
  #turns = new Map();

  list() { return structuredClone([...this.#entries.values()]); }

  open(tab) { this.#tabs.add(tab); }

  /** Its turns pass on, those it has and those it waits for. */
  close(tab) {
    this.#tabs.delete(tab);
    for (const [room, turns] of this.#turns) this.#pass(room, (turn) => turn.tab === tab, turns);
  }

  /** @param {() => object} me the tab whose it is */
  journal(me) {
    const tell = (news) => [...this.#tabs].filter((tab) => tab !== me()).forEach((tab) => tab.heard(structuredClone(news)));
    return {
      put: (entry) => {
        this.#entries.set(entry.client_id, structuredClone(entry));
        tell({ put: entry });
      },
      remove: (client_id, message) => {
        this.#entries.delete(client_id);
        tell({ gone: client_id, message });
      },
      turn: (room, act) => {
        const turns = this.#turns.get(room) ?? [];
        this.#turns.set(room, turns);
        const turn = { tab: me(), go: () => act(this.list()).then(() => this.#pass(room, (each) => each === turn)) };
        turns.push(turn);
        if (turns.length === 1) turn.go();
      },
    };
  }

  #pass(room, isOver, turns = this.#turns.get(room)) {
    const [first] = turns;
    turns.splice(0, turns.length, ...turns.filter((turn) => !isOver(turn)));
    if (turns.length && turns[0] !== first) turns[0].go();
  }
}
