/**
 * The one door through which the admin's own scripts (jQuery, Select2) may write HTML: Trusted Types ask this policy about every string.
 * Invariant: what passes has only the tags and attributes named here; no script, no handler, no address but "#". What does not is a TypeError.
 */

{
  const TAGS = "a|b|br|button|div|em|form|h[1-6]|img|input|label|li|ol|optgroup|option|p|select|span|strong|table|tbody|td|textarea|tfoot|th|thead|tr|ul|colgroup|col";
  const NAMES = "class|id|role|type|title|dir|tabindex|disabled|selected|multiple|colspan|rowspan|name|value|for|scope|checked|spellcheck|auto[a-z]+|aria-[a-z]+|data-[a-z-]+";
  const VALUE = `(?:"[^"<>]*"|'[^'<>]*')`;
  const PLAIN = new RegExp(`^(?:[^<]|</?(?:${TAGS})(?:(?:\\s+|(?<=["']))(?:(?:${NAMES})(?:=${VALUE})?|href=(?:"#?"|'#?')))*\\s*/?>)*$`, "i");

  /** @param {string} html */
  const createHTML = (html) => (PLAIN.test(html) ? html : /** @type {any} */ (null));
  if (typeof trustedTypes !== "undefined") trustedTypes.createPolicy("default", { createHTML });
}
