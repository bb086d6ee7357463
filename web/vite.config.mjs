import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** The pages of the dashboard, into dist/web: files of our own only, nothing inline, as its content security policy demands. */
export default defineConfig({
  root: folder,
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // What every browser of today can; the polyfill would only be dead weight.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      // "use client" says nothing to a page that has no server part.
      onLog: (level, log, report) => void (log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log)),
    },
  },
  // `npx vite web` beside a running dashboard: pages that reload while they are written.
  server: { proxy: { '/api': 'http://127.0.0.1:7373' } },
});
