/** What the composer says of how one may write just now: muted until when, or how long one waits in slow mode. Loaded where there is something to say. */

import { exactly } from "#page/times.js";

/** The longest that a timer takes, milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** @import { Room } from "#core/payloads.js" */

/** @param {HTMLElement} line @param {NonNullable<Room["muted"]>} muted */
export function drawMute(line, { until, reason }) {
  const words = interpolate(gettext("You are muted here until %(time)s."), { time: exactly(until) }, true);
  line.textContent = [words, reason && interpolate(gettext("The reason given: %(why)s"), { why: reason }, true)].filter(Boolean).join(" ");
}

/** @param {HTMLElement} line @param {number} every seconds @param {number} until milliseconds since the epoch @returns {boolean} whether one waits */
export function drawWait(line, every, until) {
  const left = Math.ceil((until - Date.now()) / 1000);
  const format = left > 0 ? ngettext("Slow mode: %(count)s second left.", "Slow mode: %(count)s seconds left.", left)
    : ngettext("Slow mode: one message every %(count)s second.", "Slow mode: one message every %(count)s seconds.", every);
  line.textContent = interpolate(format, { count: Math.max(left, 0) || every }, true);
  return left > 0;
}

/** Do it when that moment is past. @param {string} until @param {() => void} act @returns {ReturnType<typeof setTimeout>} */
export const after = (until, act) => setTimeout(act, Math.min(LONGEST, Math.max(0, Date.parse(until) - Date.now()) + 100));
