/**
 * The one door through which HTML enters the page. Invariant: only what our own server rendered and sanitized passes it
 * (the `html` of a message, a partial of a template); everything else is text.
 */

const policy = typeof trustedTypes === "undefined" ? { createHTML: (/** @type {string} */ html) => html }
  : trustedTypes.createPolicy("chatsite", { createHTML: (html) => html });

/** Replace what is in the element. @param {Element} element @param {string} html rendered by our server */
export function fill(element, html) {
  element.innerHTML = /** @type {string} */ (policy.createHTML(html));
}
