// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Question, RecordingInfo, Repetition, SamplingSettings } from '../../ipc/contract.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { readAgain, settingsOptions } from './record-again.ts';

const settings: SamplingSettings = { frequency: 199, children: true, kernelStacks: false, question: 'off-cpu', leastWaitNs: 50_000 };

function engineSaying(repetition: Repetition, question: Question = 'off-cpu') {
  const closed: number[] = [];
  const info = { id: 7, target: 'app', question, settings } as RecordingInfo;
  const engine = { openRecording: () => Promise.resolve({ info }), repetition: () => Promise.resolve(repetition), closeRecording: (id: number) => Promise.resolve(void closed.push(id)) } as unknown as EngineApi;
  return { engine, closed };
}
const failure = { code: 'processesGone', message: 'The process that was recorded does not run any more: app.', remedy: 'Choose.' };
const refusal = (repetition: Repetition, question?: Question) => readAgain('before.ember', engineSaying(repetition, question).engine).then(() => null, (error: unknown) => error);

test('the same target with the settings of the file, which is closed again', async () => {
  const { engine, closed } = engineSaying({ kind: 'ready', target: { kind: 'system' } });
  expect(await readAgain('before.ember', engine)).toEqual({ target: { kind: 'system' }, settings });
  expect(closed).toEqual([7]);
});

test('a command is shown as a line for a shell, and nothing of it runs', async () => {
  expect(await refusal({ kind: 'command', command: ['./app', "it's", '$(rm -rf ~)', 'a b'], folder: '/srv/my app', failure: null })).toMatchObject({
    code: 'usage',
    remedy: `Run it with: cd '/srv/my app' && emberscope record -F 199 --no-kernel -q off-cpu --min-wait 50000ns -o FILE.ember -- ./app 'it'\\''s' '$(rm -rf ~)' 'a b'`,
  });
  expect(await refusal({ kind: 'command', command: ['./gone'], folder: '/', failure: { ...failure, code: 'commandNotFound' } })).toMatchObject({ code: 'commandNotFound' });
});

test('what cannot be recorded again says why', async () => {
  expect(await refusal({ kind: 'choose', name: 'app', failure })).toMatchObject(failure);
  expect(await refusal({ kind: 'impossible', failure: { ...failure, code: 'notSaid' } })).toMatchObject({ code: 'notSaid' });
  expect(await refusal({ kind: 'ready', target: { kind: 'system' } }, 'probes')).toMatchObject({ code: 'usage', remedy: expect.stringContaining('latency') });
});

describe('settings as options', () => {
  test('defaults are left out, everything else is told', () => {
    expect(settingsOptions({ frequency: 99, children: true, kernelStacks: true })).toEqual([]);
    expect(settingsOptions({ frequency: 99, children: true, kernelStacks: true, event: 'cpuClock', stackDepth: 127, question: 'on-cpu' })).toEqual([]);
    expect(settingsOptions({ frequency: 49, children: false, kernelStacks: false, event: 'cycles', stackDepth: 300, question: 'wall', leastWaitNs: 2e6 }).join(' ')).toBe(
      '-F 49 -d 300 --no-children --no-kernel -e cycles -q wall --min-wait 2000000ns',
    );
  });
});
