// Before the first paint, so that nobody who chose dark sees a flash of light.
(() => {
  try {
    const chosen = localStorage.getItem('sightline.theme');
    if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
  } catch {
    // a browser that keeps nothing follows the system
  }
})();
