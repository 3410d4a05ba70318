/**
 * Where the reader is in the log. Invariant: what they look at does not move by itself; who is at the end stays at the end.
 *
 * The log is laid out from its end (flex-direction: column-reverse): scrollTop is 0 at the end and negative above, so the first
 * paint shows the end without a script, and what grows above the reader moves nothing.
 */

/** Closer to the end than this counts as at the end, CSS pixels. */
const NEAR = 32;
/** Closer to an edge of the window than this many screens asks for more. */
const SCREENS = 2;

export class Scroll {
  #log;
  #isAtEnd = true;
  /** Where the log was put to show something in its middle. @type {number | null} */
  #rest = null;

  /**
   * @param {HTMLElement} log the scrolling element
   * @param {() => void} onmove told of each scroll, once a frame at most
   */
  constructor(log, onmove) {
    this.#log = log;
    let isWaiting = false;
    log.addEventListener("scroll", () => {
      this.#isAtEnd = -log.scrollTop <= NEAR;
      if (isWaiting) return;
      isWaiting = true;
      requestAnimationFrame(() => {
        isWaiting = false;
        onmove();
      });
    }, { passive: true });
  }

  get isAtEnd() { return this.#isAtEnd; }

  /** Whether it stands where it was put, with something above and below. */
  get rests() {
    const { scrollHeight, clientHeight, scrollTop } = this.#log;
    if (this.#rest === null || Math.abs(scrollTop - this.#rest) > NEAR) this.#rest = null;
    return this.#rest !== null && -scrollTop > NEAR && scrollHeight - clientHeight + scrollTop > NEAR;
  }

  /** Whether the start of what is drawn comes near. */
  get isNearStart() {
    const { scrollHeight, clientHeight, scrollTop } = this.#log;
    return scrollHeight - clientHeight + scrollTop < SCREENS * clientHeight;
  }

  /** Whether the end of what is drawn comes near. */
  get isNearEnd() { return -this.#log.scrollTop < SCREENS * this.#log.clientHeight; }

  toEnd() {
    this.#log.scrollTop = 0;
    this.#isAtEnd = true;
  }

  /** Bring an element into view: its top a quarter below the log's. @param {Element} element @param {boolean} [isUp] only if the reader is below it */
  to(element, isUp) {
    const frame = this.#log.getBoundingClientRect(), top = element.getBoundingClientRect().top - frame.top;
    if (isUp && top >= 0) return;
    this.#log.scrollTop += top - frame.height / 4;
    this.#isAtEnd = -this.#log.scrollTop <= NEAR;
    this.#rest = this.#log.scrollTop;
  }

  /**
   * Change the log, and leave the reader where they were.
   * @param {() => void} change
   * @param {boolean} [follows] whether who is at the end goes on with it
   */
  keep(change, follows = true) {
    if (follows && this.#isAtEnd) {
      change();
      return this.toEnd();
    }
    // From the middle on: the first one in view may lose its heading to a message drawn above it.
    const seen = this.visible(), half = seen.length >> 1;
    const anchors = [...seen.slice(half), ...seen.slice(0, half)].map((element) => ({ element, top: element.getBoundingClientRect().top }));
    change();
    const anchor = anchors.find(({ element }) => element.isConnected);
    if (anchor) this.#log.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
  }

  /** @returns {HTMLElement[]} the messages in view, from the top */
  visible() {
    const { top, bottom } = this.#log.getBoundingClientRect();
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.#log.querySelectorAll("[data-seq]"))].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.bottom > top && box.top < bottom;
    });
  }
}
