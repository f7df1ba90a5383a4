import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      // An unmocked import of the real package starts a download.
      electron: fileURLToPath(new URL('./main/electron.stub.ts', import.meta.url)),
    },
  },
  test: {
    include: ['{profile,formats,ipc,main,renderer,native,scripts,test,bench}/**/*.test.{ts,tsx}'],
    exclude: ['test/e2e/**'],
  },
});
