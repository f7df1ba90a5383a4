// SPDX-License-Identifier: Apache-2.0
/** The Doctor on the computer that runs the tests, against what the kernel says of itself. Needs root and a build. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DoctorCheck } from '../../../ipc/contract.ts';
import { createEngine } from '../engine.ts';
import { places } from '../places.ts';
import { kernelOptions } from './kernel-settings.ts';

const obstacle = process.getuid?.() !== 0 ? 'a helper that asks nobody takes root' : places().helper === null ? 'the helper has not been built (make -C native)' : null;
if (obstacle) console.log(`skipped: the Doctor on this computer: ${obstacle}`);

describe.skipIf(obstacle !== null)('the Doctor on this computer', () => {
  let checks: Map<string, DoctorCheck>;
  let kernel: string;
  const state = (name: string): string => checks.get(name)!.state;

  beforeAll(async () => {
    const engine = await createEngine({ shell: 'chromium', shellReason: '', cacheFolder: null });
    const report = await engine.doctor(process.pid);
    await engine.close();
    kernel = report.kernel;
    checks = new Map(report.checks.map((check) => [check.name, check]));
  }, 60_000);

  it('asked a helper that traces', () => {
    expect(kernel).toBe(release());
    expect(checks.get('traceMode')).toMatchObject({ state: 'available' });
    expect([...checks.values()].filter((check) => check.state === 'unknown')).toEqual([]);
  });

  it('tells the truth about kprobes, fentry’s lists and the processor’s counter', () => {
    const sources = '/sys/bus/event_source/devices';
    if (!existsSync(`${sources}/kprobe`)) expect(checks.get('kprobes')).toMatchObject({ state: 'unavailable', detail: 'The kernel was built without kprobes.' });
    if (!existsSync(`${sources}/cpu`)) expect(state('cycles')).toBe('unavailable');
    const options = kernelOptions(release());
    if (options && !options.has('CONFIG_FPROBE')) expect(state('kprobeMulti')).toBe('unavailable');
    if (options && !options.has('CONFIG_FUNCTION_TRACER')) expect(state('fentry')).toBe('unavailable');
  });

  it('quotes settings as they are', () => {
    const paranoid = readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8').trim();
    expect(checks.get('perfEvents')!.detail).toContain(`kernel.perf_event_paranoid is ${paranoid}`);
    expect(checks.get('btf')!.state === 'available').toBe(existsSync('/sys/kernel/btf/vmlinux'));
  });

  it('looked at the files of the process', () => {
    expect(checks.get('debugFiles')!.title).toContain(`(${process.pid})`);
    expect(checks.get('debugFiles')!.detail).toMatch(/^\d+ of \d+ files have all their names/);
  });
});
