/** Light or dark by choice, against the system's preference: at once here, and kept with the account (accounts.views.theme), so in every tab and device. */

export function switchTheme() {
  const root = document.documentElement, prefersDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const isDark = root.dataset.theme === "system" ? prefersDark : root.dataset.theme === "dark";
  const theme = isDark === prefersDark ? (isDark ? "light" : "dark") : "system";
  root.dataset.theme = theme;
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
  fetch("/accounts/theme/", { method: "POST", body: new URLSearchParams({ theme }), headers: { "X-CSRFToken": token } }).catch(() => {});
}
