import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import LongestFirst from './scripts/test/longest-first.ts';

// An unmocked import of the real package starts a download.
const alias = { electron: fileURLToPath(new URL('./main/electron.stub.ts', import.meta.url)) };

/** They need the machine, but no CPU of their own: what they bound is bytes, answers and orders of events. */
const TOGETHER = [
  'test/{fuzz,kernels,packaging,privileges}/**/*.test.ts',
  'test/helper/{capabilities,hostile-target,identity,interpreter,protocol}.test.ts',
  'test/names/debuginfod.test.ts',
  'test/python/layout.test.ts',
];

const machine = {
  // Chance, or what else the computer does, may spoil a measurement once; `npm test` names what it spoiled.
  retry: 1,
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['{profile,formats,ipc,main,renderer,native,scripts,bench}/**/*.test.{ts,tsx}'],
          // Vitest leaves a CPU to itself, which is half of a small machine's; many of these wait for programs that they start.
          maxWorkers: availableParallelism(),
          // For what hangs: five seconds, the default, are less than a busy machine may take for one.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Half of it is the guests' time, and one file waits for them; the others run beside it, one at a time.
        test: { ...machine, name: 'machine-together', include: TOGETHER, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        // These measure: one at a time.
        test: {
          ...machine,
          name: 'machine',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', ...TOGETHER],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
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
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
