/**
 * How things stand, in one line (templates/rooms/_banner.html). Invariant: a state that passes in a moment is never shown; that one is no longer
 * in the room is shown for as long as it is so, behind what the connection has to say.
 */

import { slot } from "#page/dom.js";

/** @import { State } from "#wire/connection.js" */

/** A state shorter than this is not worth a line, milliseconds; connecting at first may take longer. */
const PATIENCE = 400, FIRST_PATIENCE = 2000;

export class Banner {
  #element = slot("banner");
  /** @type {State} */
  #state = "connecting";
  #isGone = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {State} state of the connection */
  became(state) {
    this.#state = this.#element.dataset.connection = state; // at once, for who would rather know than see
    this.#draw();
  }

  /** @param {boolean} isGone whether one is no longer in the room that is open @param {{ reason?: string, why?: string }} [how] that came */
  gone(isGone, how) {
    this.#isGone = isGone;
    if (how) slot("gone-why").textContent = [
      how.reason === "banned" ? gettext("You are banned from it.") : "",
      how.why ? interpolate(gettext("The reason given: %(why)s"), { why: how.why }, true) : "",
    ].filter(Boolean).join(" ");
    this.#draw();
  }

  #draw() {
    const state = this.#state === "live" && this.#isGone ? "gone" : this.#state;
    const show = () => { this.#element.dataset.state = state; };
    clearTimeout(this.#timer);
    if (state === "live" || this.#element.dataset.state !== "live") show();
    else this.#timer = setTimeout(show, state === "connecting" ? FIRST_PATIENCE : PATIENCE);
  }
}
