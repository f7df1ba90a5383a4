// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { RecordingFigures, RecordingInfo } from '../../ipc/contract.ts';
import { LossCause, SampleKind, StackEnd } from '../../profile/schema.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { formatSummary, summarise } from './info.ts';

const figures: RecordingFigures = {
  durationNs: 10e9,
  ledger: { fired: 110, notOurs: 4, stored: 100, lost: 6 },
  overhead: { bpfNs: 1e6, helperCpuNs: 2e6 },
};
const info: RecordingInfo = {
  id: 1,
  target: 'xz 7',
  question: 'on-cpu',
  frequencyHz: 100,
  startedAt: 1.7e12,
  host: 'here',
  kernel: '6.1.0',
  cpus: 2,
  settings: { frequency: 100, children: true, kernelStacks: true },
  state: { kind: 'finished', reason: 'asked', message: 'Stopped.' },
  savedAs: null,
};

function recorded(cpuSeconds: number) {
  const writer = new ProfileWriter();
  const [libc, libx] = [writer.module('/lib/libc.so.6'), writer.module('/lib/libx\u001b.so')];
  const [a, b] = [writer.frame(libc, 1), writer.frame(libx, 2)];
  writer.symbol(a, 'malloc');
  const thread = writer.thread(7, 'xz');
  writer.sample(writer.stack([a], StackEnd.outermost), 60, 0, thread);
  writer.sample(writer.stack([b, a], StackEnd.noRow), 20, 0, thread);
  writer.sample(writer.stack([a, a], StackEnd.depthLimit), 15, 0, thread);
  writer.sample(NONE, 5, 0, thread);
  writer.tables.losses.append({ slice: 0, cause: LossCause.recursion, count: 6 });
  writer.tables.losses.append({ slice: 0, cause: LossCause.sidebandRecords, count: 1000 });
  writer.tables.expected.append({ slice: 0, thread, cpuTime: cpuSeconds * 1e9 });
  return writer.tables;
}

it('says how stacks ended, where they broke, what has no name, and what is missing', () => {
  const summary = summarise(recorded(2), figures, info);
  expect(summary).toMatchObject({
    samples: 100,
    expected: 200,
    lost: { recursion: 6, sidebandRecords: 1000 },
    stacks: {
      complete: 60,
      truncated: 15,
      broken: 25,
      ends: { depthLimit: 15, noRow: 20, noStack: 5 },
      brokenIn: [{ module: '/lib/libx\u001b.so', end: 'noRow', samples: 20 }],
    },
    frames: { named: 110, all: 130, unnamedIn: [{ module: '/lib/libx\u001b.so', unnamed: 0, waiting: 20 }] },
    // 3 x sqrt(200) + 1 thread.
    accounting: { expected: 200, stored: 100, lost: 6, rest: 94, noise: expect.closeTo(43.4, 1), verdict: 'missing' },
  });
  const text = formatSummary(summary, info);
  expect(text).toContain('accounting  94 missing: throttled or never fired (noise is +-43)\n');
  expect(text).toContain('stacks      60.0 % complete, 15.0 % truncated, 25.0 % broken\n');
  expect(text).toContain('            20.0 % noRow: no unwind information for the code\n');
  expect(text).toMatch(/ 20\.0 % broke in \/lib\/libx\S\.so: noRow\n/);
  expect(text).toMatch(/ 15\.4 % without a name in \/lib\/libx\S\.so\n/);
  expect(text).not.toContain('\u001b');
});

it('calls what chance explains by that name', () => {
  expect(formatSummary(summarise(recorded(1.1), figures, info), info)).toContain(
    'accounting  4 fewer than expected: within sampling noise (noise is +-32)\n',
  );
  expect(formatSummary(summarise(recorded(0), figures, info), info)).toContain('accounting  the kernel said nothing of CPU time\n');
});

describe('of an imported file', () => {
  const imported = (changes: Partial<RecordingInfo> = {}): RecordingInfo => ({ ...info, target: 'a.folded', frequencyHz: 0, host: '', kernel: '', cpus: 0, state: { kind: 'finished', reason: 'opened', message: 'Imported from folded stacks.' }, ...changes });
  const nothing: RecordingFigures = { durationNs: 0, ledger: { fired: 60, notOurs: 0, stored: 60, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };
  const weighed = (kind: SampleKind, weight: number) => {
    const writer = new ProfileWriter();
    const frame = writer.frame(writer.module('/lib/libc.so.6'), 1);
    writer.symbol(frame, 'malloc');
    writer.tables.samples.append({ slice: 0, thread: writer.thread(7, 'xz'), stack: writer.stack([frame], StackEnd.outermost), kind, weight });
    return writer.tables;
  };
  const said = (of: RecordingInfo, kind: SampleKind, weight: number, figures = nothing) => formatSummary(summarise(weighed(kind, weight), figures, of), of);

  it('says what the file says, and nothing of kernel, helper, losses or accounts', () => {
    expect(said(imported(), SampleKind.onCpu, 60)).toBe(
      `target      a.folded
question    on-cpu
dated       2023-11-14T22:13:20.000Z
origin      Imported from folded stacks.
samples     60
stacks      100.0 % complete, 0.0 % truncated, 0.0 % broken
frames      100.0 % named
`);
  });

  it('has rate, length and host where it has them', () => {
    const text = said(imported({ frequencyHz: 99, host: 'vm', kernel: '6.1', cpus: 1 }), SampleKind.onCpu, 60, { ...nothing, durationNs: 2e9 });
    expect(text).toContain('question    on-cpu, 99 Hz\ndated       2023-11-14T22:13:20.000Z, for 2.0 s\n');
    expect(text).toContain('host        vm, Linux 6.1, 1 CPU\n');
  });

  it('does not say why threads waited, or that nothing was freed', () => {
    expect(said(imported({ question: 'off-cpu' }), SampleKind.blocked, 5e6)).toMatch(/\nwaits {7}5\.0 ms\n/);
    expect(said(imported({ question: 'memory' }), SampleKind.memory, 3 * 2 ** 20)).toMatch(/\nmemory {6}3\.0 MiB\n/);
  });
});
