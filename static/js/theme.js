/** The theme chosen by hand, before the first paint. Without a choice the system's preference holds (see tokens.css). */
{
  let theme = null;
  try { theme = localStorage.getItem("theme"); } catch { /* storage is off: the preference holds */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
