/** Tells the site where this device's clock stands, so that others see what time it is for one. */

/** @param {string} zone */
export function tellZone(zone) {
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
  fetch("/accounts/zone/", { method: "POST", body: new URLSearchParams({ zone }), headers: { "X-CSRFToken": token } }).catch(() => {});
}
