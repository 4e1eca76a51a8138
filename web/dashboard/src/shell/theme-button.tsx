'use client';

/** Turns light to dark and back; charts on canvas hear of it by an event. */
export function ThemeButton() {
  return (
    <button type="button" className="btn" onClick={turn}>
      Theme
    </button>
  );
}

function turn(): void {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try {
    localStorage.setItem('sightline.theme', root.dataset.theme);
  } catch {
    // it holds for this page
  }
  dispatchEvent(new Event('sightline-theme'));
}
