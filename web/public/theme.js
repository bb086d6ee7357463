// Before the first paint, so that a chosen theme does not flash: the page's own script comes later.
try {
  const theme = localStorage.getItem('flywheel-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme it is.
}
