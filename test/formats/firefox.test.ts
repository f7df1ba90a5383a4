// SPDX-License-Identifier: Apache-2.0
/**
 * Firefox Profiler's own program reads what is exported: the loader of profiler.firefox.com, which brings our version of
 * the format up to its own and refuses what is none, and the same call trees.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { HOSTILE_NAMES } from '../../formats/hostile-names.ts';
import { printable } from '../../formats/printable.ts';
import type { Selection } from '../../formats/selection.ts';
import { toFirefox } from '../../formats/write/firefox.ts';
import { ORIGIN, hostileProfile, smallProfile } from '../../formats/write/testing.ts';
import { writtenWeights } from '../../profile/questions.ts';
import type { Tables } from '../../profile/tables.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';

interface Listed {
  cpuMs: number;
  threadHandle: string;
  name: string;
}
interface Listing {
  processes: { pid: string; name: string; threads: Listed[] }[];
}
interface Functions {
  weightType: string;
  functions: { name: string; library?: string; selfSamples: number; totalSamples: number }[];
}

const program = join(dirname(createRequire(import.meta.url).resolve('@firefox-devtools/profiler-cli/package.json')), 'dist', 'profiler-cli.js');
const folder = mkdtempSync(join(tmpdir(), 'emberscope-firefox-'));
/** It answers in a process of its own, which ends with `stop`. */
const run = (...args: string[]): string =>
  execFileSync(process.execPath, [program, ...args, '--session', 'peer'], { encoding: 'utf8', cwd: folder, env: { ...process.env, HOME: folder, PROFILER_CLI_SESSION_DIR: join(folder, 'sessions') }, stdio: ['ignore', 'pipe', 'pipe'] });
afterAll(() => rmSync(folder, { recursive: true }));

/** On a busy machine it gives up waiting for its own process, which is there a moment later. */
async function load(file: string): Promise<void> {
  try {
    run('load', file);
  } catch (error) {
    if (!/did not become ready/.test(String(error))) throw error;
    await expect.poll(() => run('status'), { timeout: 20_000 }).toContain('Session Status');
  }
}

/** Loads a file, asks, and ends the program. */
async function asked<T>(content: string, question: (listing: Listing) => T): Promise<T> {
  const file = join(folder, 'exported.json');
  writeFileSync(file, content);
  try {
    await load(file);
    return question(JSON.parse(run('profile', 'info', '--all', '--json')) as Listing);
  } finally {
    run('stop');
  }
}

/** What it shows of a file: each thread with the self and total weights of its functions, by name. */
function shownOf(content: string): Promise<{ process: string; thread: string; unit: string; functions: string[] }[]> {
  return asked(content, ({ processes }) =>
    processes.flatMap(({ pid, name, threads }) =>
      threads.map((thread) => {
        const { weightType, functions } = JSON.parse(run('thread', 'functions', '--thread', thread.threadHandle, '--include-idle', '--limit', '0', '--json')) as Functions;
        return {
          process: `${name} ${pid}`,
          thread: thread.name,
          unit: weightType,
          functions: functions.map((one) => `${one.name} in ${one.library ?? ''}: ${one.selfSamples} of ${one.totalSamples}`).sort(),
        };
      }),
    ),
  );
}
const shown = (tables: Tables, selection: Selection = {}) => shownOf(toFirefox(tables, ORIGIN, selection));

describe("Firefox Profiler's program", () => {
  test('shows the threads, functions, inlined ones and weights that there are', async () => {
    expect(await shown(smallProfile())).toEqual([
      {
        process: 'program 1',
        thread: 'program',
        unit: 'samples',
        functions: ['fast in /usr/bin/program: 0 of 7', 'main in /usr/bin/program: 0 of 7', 'vfs_read in [kernel]: 7 of 7'],
      },
      {
        process: 'program 1',
        thread: 'worker',
        unit: 'samples',
        functions: ['fast in /usr/bin/program: 1 of 3', 'libc.so.6+0x1f in /lib/libc.so.6: 2 of 2', 'main in /usr/bin/program: 0 of 3'],
      },
    ]);
  });

  test('opens what is of no known time, rate or computer', async () => {
    const unknown = { ...ORIGIN, frequencyHz: 0, durationNs: 0, host: '', kernel: '' };
    const [first] = await shownOf(toFirefox(smallProfile(), unknown));
    expect(first!.functions).toContain('vfs_read in [kernel]: 7 of 7');
  });

  test('shows waits as milliseconds', async () => {
    expect(await shown(smallProfile(), { weights: writtenWeights('off-cpu', 100) })).toMatchObject([
      { unit: 'tracing-ms', functions: ['fast in /usr/bin/program: 0 of 1.5', 'main in /usr/bin/program: 0 of 1.5', 'vfs_read in [kernel]: 1.5 of 1.5'] },
    ]);
  });

  test('shows the CPU time of each thread', async () => {
    const writer = new ProfileWriter();
    const stack = writer.stack([writer.frame(NONE, 9)]);
    const [half, tenth, silent] = [writer.thread(1, 'half'), writer.thread(2, 'tenth'), writer.thread(3, 'silent')];
    for (let slice = 0; slice < 100; slice++) {
      for (const thread of [half, tenth, silent]) writer.sample(stack, 1, slice, thread);
      if (slice % 5 === 4) {
        writer.tables.expected.append({ slice, thread: half, cpuTime: 50e6 });
        writer.tables.expected.append({ slice, thread: tenth, cpuTime: 10e6 });
      }
    }
    const spent = await asked(toFirefox(writer.tables, ORIGIN), ({ processes }) => processes.flatMap(({ threads }) => threads.map(({ name, cpuMs }) => [name, cpuMs])));
    // From the first sample to the last, 1.98 s.
    expect(spent.sort()).toEqual([['half', 990], ['silent', 0], ['tenth', 198]]);
  });

  test('takes any name', async () => {
    const threads = await shown(hostileProfile());
    expect(threads).toHaveLength(HOSTILE_NAMES.length);
    // Of functions it shows no arguments, and what else looks like some.
    expect(threads.map(({ thread }) => thread).sort()).toEqual(HOSTILE_NAMES.map(printable).sort());
    for (const { thread, functions } of threads) {
      expect(functions.map((one) => /: (\d+ of \d+)$/.exec(one)![1]!).sort(), thread).toEqual(['0 of 10', '10 of 10']);
    }
  });

  test('would not take what is no profile', async () => {
    const broken = JSON.parse(toFirefox(smallProfile(), ORIGIN)) as { meta: Record<string, unknown> };
    delete broken.meta['preprocessedProfileVersion'];
    await expect(shownOf(JSON.stringify(broken))).rejects.toThrow(/Profile load failed/);
  });
});
