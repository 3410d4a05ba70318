/**
 * Whether this browser shows somebody notifications: theirs to say, device by device. Invariant: they are asked for by a button, never unasked.
 */

import { slot } from "#page/dom.js";
import { storage } from "#wire/storage.js";

/** @param {number} me user id */
const key = (me) => `notify:${me}`;

/** @param {number} me user id @returns {"none" | "blocked" | "on" | "off"} */
export function stateOf(me) {
  if (typeof Notification === "undefined" || !isSecureContext) return "none";
  if (Notification.permission === "denied") return "blocked";
  return Notification.permission === "granted" && storage.get(key(me)) !== "off" ? "on" : "off";
}

/** On or off, whichever it is not. @param {number} me user id @returns {Promise<"none" | "blocked" | "on" | "off">} */
export async function toggle(me) {
  if (stateOf(me) === "on") storage.set(key(me), "off");
  else {
    storage.set(key(me), null);
    if (Notification.permission === "default") await Notification.requestPermission();
  }
  return stateOf(me);
}

/** The button for it, and what it is. @param {HTMLElement} device with a slot for each @param {"none" | "blocked" | "on" | "off"} state */
export function draw(device, state) {
  device.hidden = state === "none";
  slot("notify-on", device).hidden = state !== "off";
  slot("notify-off", device).hidden = state !== "on";
  slot("notify-blocked", device).hidden = state !== "blocked";
}
