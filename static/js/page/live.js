/** The live page of the admin: a row for each process of the site, as each tells of itself every second; who is unheard of is taken out. */

import { slot, stencil } from "#page/dom.js";
import { Connection } from "#wire/connection.js";

/**
 * @typedef {object} Figures
 * @property {string} worker
 * @property {number} cpu part of a core
 * @property {number[]} messages of each second of the last minute
 * @property {number[]} deliveries the same
 * @property {number[]} lag the same, milliseconds
 * @property {number} sockets
 * @property {number} people
 * @property {number} polling
 * @property {number} memory bytes
 * @property {number} buffer bytes
 * @property {number} slow
 * @property {number} inbox
 * @property {string | null} broker
 */

/** How often we say that we watch, milliseconds: the server believes it for 15 s. */
const AGAIN = 5000;
/** Silence after which a process is gone, milliseconds. */
const GONE = 5000;
const HEIGHT = 40;

const whole = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
const part = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
const fine = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });

/** @param {number[]} values */
const last = (values) => values.at(-1) ?? 0;
/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
/** @param {number} bytes */
const megabytes = (bytes) => `${fine.format(bytes / 1e6)} MB`;

/** @param {Element} chart an SVG with a polyline @param {number[]} values */
function draw(chart, values) {
  const top = Math.max(1, ...values);
  const points = values.map((value, n) => `${n},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`);
  chart.querySelector("polyline")?.setAttribute("points", points.join(" "));
}

class LivePage {
  /** @type {Map<string, { figures: Figures, at: number, row: HTMLElement }>} */
  #workers = new Map();
  #connection = new Connection((data) => this.#heard(data), (state) => this.#became(state));
  #rows = slot("workers");

  constructor() {
    setInterval(() => this.#watch(), AGAIN);
    setInterval(() => this.#tidy(), 1000);
    this.#connection.open();
  }

  /** @param {string} state */
  #became(state) {
    slot("away").hidden = state === "live" || state === "catching-up" || state === "connecting";
    if (state === "catching-up") this.#watch();
  }

  async #watch() {
    if (!this.#connection.isConnected) return;
    const answer = await this.#connection.ask("watch", {}).catch(() => null);
    if (answer?.ok) this.#connection.inStep();
  }

  /** @param {any} data */
  #heard(data) {
    if (data.type !== "figures") return;
    const row = this.#workers.get(data.worker)?.row ?? stencil("worker");
    this.#workers.set(data.worker, { figures: data, at: Date.now(), row });
    this.#fill(row, data);
    if (!row.isConnected) {
      this.#rows.append(row);
      this.#rows.append(...[...this.#workers].sort(([a], [b]) => a.localeCompare(b)).map(([, { row: each }]) => each));
    }
    this.#total();
  }

  /** @param {HTMLElement} row @param {Figures} told */
  #fill(row, told) {
    const worst = Math.max(...told.lag);
    const texts = {
      worker: told.worker, sockets: whole.format(told.sockets), people: whole.format(told.people),
      messages: whole.format(last(told.messages)), deliveries: whole.format(last(told.deliveries)), lag: `${fine.format(worst)} ms`,
      cpu: part.format(told.cpu), memory: megabytes(told.memory), waiting: `${whole.format(told.inbox)} / ${megabytes(told.buffer)}`,
      slow: whole.format(told.slow), broker: told.broker ?? "–",
    };
    for (const [name, text] of Object.entries(texts)) slot(name, row).textContent = text;
    row.toggleAttribute("data-late", worst > 100);
    row.toggleAttribute("data-cut-off", Boolean(told.broker && told.broker !== "up"));
    draw(slot("chart", row), told.deliveries);
  }

  #total() {
    const all = [...this.#workers.values()].map(({ figures }) => figures);
    const totals = {
      "total-workers": all.length, "total-sockets": sum(all.map(({ sockets }) => sockets)),
      "total-messages": sum(all.map(({ messages }) => last(messages))), "total-deliveries": sum(all.map(({ deliveries }) => last(deliveries))),
    };
    for (const [name, value] of Object.entries(totals)) slot(name).textContent = whole.format(value);
    const minute = Array.from({ length: 60 }, (_, n) => sum(all.map(({ deliveries }) => deliveries[n] ?? 0)));
    draw(slot("total-chart"), minute);
    slot("total-top").textContent = whole.format(Math.max(...minute));
  }

  #tidy() {
    for (const [name, { at, row }] of this.#workers) {
      if (Date.now() - at < GONE || !this.#connection.isConnected) continue;
      row.remove();
      this.#workers.delete(name);
      this.#total();
    }
  }
}

new LivePage();
