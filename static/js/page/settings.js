/** The settings on a page of their own: what one chooses to hear can be tried; whether this device notifies one is its own affair, and holds at once. */

import { onAction, slot } from "#page/dom.js";
import { draw, stateOf, toggle } from "#page/notifying.js";
import { chime } from "#page/sound.js";

const part = slot("try");
part.hidden = typeof AudioContext === "undefined";
document.querySelector("fieldset:has([name=sounds])")?.append(part);
onAction(part, { chime: () => void chime(true) });

const device = slot("device"), me = Number(device.dataset.user);
draw(device, stateOf(me));
onAction(device, {
  notify: async () => {
    const state = await toggle(me);
    draw(device, state);
    slot(state === "on" ? "notify-off" : "notify-on", device).focus();
  },
});
