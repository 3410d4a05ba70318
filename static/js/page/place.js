/** Where something stands that opens beside what was pressed. */

/** Pixels between the two, and the edges of the window. */
const GAP = 8;

/** Below what was pressed, or above where there is more room; within the window. @param {HTMLElement} element that is fixed @param {DOMRect} at */
export function place(element, at) {
  const { offsetWidth: width, offsetHeight: height } = element, below = at.bottom + GAP;
  const top = below + height + GAP > innerHeight && at.top > innerHeight - at.bottom ? at.top - GAP - height : below;
  const start = getComputedStyle(element).direction === "rtl" ? at.right - width : at.left;
  element.style.top = `${clamp(top, innerHeight - height - GAP)}px`;
  element.style.left = `${clamp(start, innerWidth - width - GAP)}px`;
}

/** @param {number} value @param {number} most */
const clamp = (value, most) => Math.max(GAP, Math.min(value, most));
