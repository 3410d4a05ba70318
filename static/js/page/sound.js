/**
 * A short tone: two partials of a struck bar that die away, made here, so that nothing is fetched. Invariant: it never asks a browser for more than it
 * allows; a tab in which nobody has pressed anything yet stays silent.
 */

/** Hertz of the partials, and how loud they are. */
const PARTIALS = [[660, 0.12], [1320, 0.05]];
/** Seconds until it is not heard any more. */
const LENGTH = 0.5;
/** Milliseconds in which many messages make one tone. */
const PAUSE = 2000;

/** @type {AudioContext | null} */
let context = null;
let last = -PAUSE;

/** Let it sound. @param {boolean} [isAsked] by a button: now, however short ago the last one was @returns {boolean} whether it does */
export function chime(isAsked = false) {
  const now = performance.now(), isAllowed = navigator.userActivation?.hasBeenActive ?? true;
  if (!isAllowed || typeof AudioContext === "undefined" || (!isAsked && now - last < PAUSE)) return false;
  last = now;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  const start = context.currentTime + 0.02;
  for (const [hertz, loudness] of PARTIALS) {
    const tone = new OscillatorNode(context, { frequency: hertz }), volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(loudness, start + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + LENGTH);
  }
  return true;
}
