import { useSyncExternalStore } from 'react';

const KEY = 'flywheel-theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
dark.addEventListener('change', tell);

const isDark = () => (document.documentElement.dataset['theme'] ?? (dark.matches ? 'dark' : 'light')) === 'dark';

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useDark = (): boolean => useSyncExternalStore(subscribe, isDark);

/** Turns to the other theme; the system's own is not remembered. */
export function toggleTheme(): void {
  const next = isDark() ? 'light' : 'dark';
  const own = next === (dark.matches ? 'dark' : 'light');
  if (own) delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  try {
    if (own) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  tell();
}
