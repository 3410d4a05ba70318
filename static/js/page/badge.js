/** The badge on the tab's icon, and on the icon of the installed app: a dot for what is unread, a number for what calls one. */

const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
const plain = link?.getAttribute("href") ?? "";
/** @type {Promise<string> | undefined} */
let drawing;
let wanted = "";

/** @param {{ unread: number, mentions: number }} totals */
export async function badge({ unread, mentions }) {
  const mark = mentions ? (mentions > 9 ? "+" : String(mentions)) : unread ? "dot" : "";
  if (mark === wanted) return;
  wanted = mark;
  count(unread);
  if (!link) return;
  if (!mark) return void (link.href = plain);
  drawing ??= fetch(plain).then((response) => response.text());
  const svg = await drawing.catch(() => "");
  if (svg && mark === wanted) link.href = `data:image/svg+xml,${encodeURIComponent(svg.replace("</svg>", `${marked(mark)}</svg>`))}`;
}

/** @param {string} mark */
function marked(mark) {
  if (mark === "dot") return '<circle cx="25" cy="7" r="7" fill="#fff"/><circle cx="25" cy="7" r="5" fill="#d9480f"/>';
  return '<circle cx="22.5" cy="9.5" r="9.5" fill="#c92a2a"/>'
    + `<text x="22.5" y="14.5" font-family="sans-serif" font-size="14" font-weight="bold" text-anchor="middle" fill="#fff">${mark}</text>`;
}

/** @param {number} unread */
function count(unread) {
  if ("setAppBadge" in navigator) navigator.setAppBadge(unread).catch(() => {});
}
