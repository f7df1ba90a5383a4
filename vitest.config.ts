import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// An unmocked import of the real package starts a download.
const alias = { electron: fileURLToPath(new URL('./main/electron.stub.ts', import.meta.url)) };

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['{profile,formats,ipc,main,renderer,native,scripts,bench}/**/*.test.{ts,tsx}'],
          // Vitest leaves a CPU to itself, which is half of a small machine's; many of these wait for programs that they start.
          maxWorkers: availableParallelism(),
        },
      },
      {
        // These measure, or change the machine (test users, a bus, BPF programs): one at a time.
        test: {
          name: 'machine',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          fileParallelism: false,
          // Chance, or what else the computer does, may spoil a measurement once; `npm test` names what it spoiled.
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // A second, the default, is less than a window of a busy machine may take for a step.
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
  },
});
