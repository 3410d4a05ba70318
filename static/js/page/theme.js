/** Light or dark by choice, against the system's preference (static/js/theme.js applies it before the first paint). */

export function switchTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = isDark ? "light" : "dark", preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = theme;
  try {
    if (theme === preferred) localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch { /* storage is off: it holds for this page */ }
}
