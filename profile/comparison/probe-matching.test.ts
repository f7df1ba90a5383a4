// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { matchProbes, probeName, type AskedProbe } from './probe-matching.ts';
import { askedProbe as asked } from './testing.ts';

const match = (a: AskedProbe[], b: AskedProbe[]) => matchProbes([a], [b]);
const user = (name: string, module: string) => asked(name, { kind: 'user', module });

test('the same question about the same function, whatever the build and the processor', () => {
  const a = [asked('__x64_sys_clone'), user('malloc', '/usr/lib/libc-2.36.so'), user('parse.constprop.0', '/usr/bin/server'), asked('run-queue', { kind: 'ready' })];
  const b = [asked('run-queue', { kind: 'ready' }), user('parse', '/opt/server'), user('malloc', '/lib64/libc.so.6'), asked('__arm64_sys_clone')];
  const { both, onlyA, onlyB } = match(a, b);
  expect(both.map((each) => [each.a[0]!.request.name, each.b[0]!.request.name, each.notes])).toEqual([
    ['__x64_sys_clone', '__arm64_sys_clone', []],
    ['malloc', 'malloc', []],
    ['parse.constprop.0', 'parse', []],
    ['run-queue', 'run-queue', []],
  ]);
  expect([onlyA, onlyB]).toEqual([[], []]);
  expect(probeName(a[1]!)).toEqual({ title: 'malloc', name: 'malloc', kind: 'user', module: 'libc.so', measure: 'latency', unit: 'nanoseconds' });
});

test('what else is measured, of another kind of function or another library, is another question', () => {
  const a = [asked('vfs_read'), asked('sched:sched_switch', { kind: 'tracepoint', measure: { kind: 'count' } }), user('read', '/lib/libc.so.6')];
  const b = [asked('vfs_read', { measure: { kind: 'argument', argument: 3 } }), user('read', '/lib/libuv.so.1'), user('read', '/lib/libaio.so.1')];
  const { both, onlyA, onlyB } = match(a, b);
  expect(both).toEqual([]);
  expect(onlyA.map((probe) => probeName(probe).measure)).toEqual(['latency', 'count', 'latency']);
  expect(onlyB.map((probe) => probeName(probe).measure)).toEqual(['argument 3', 'latency', 'latency']);
});

test('one function of a file under another name is taken for the same, and that is said', () => {
  const { both } = match([user('work', '/tmp/before')], [user('work', '/tmp/after')]);
  expect(both[0]!.notes).toEqual(['Its file is called before in A and after in B; it is taken for the same.']);
});

test('other settings are said', () => {
  const filter = { argument: 3, test: 'above', value: '4096' };
  const { both } = match([asked('vfs_read', { filter }, { mechanism: 'kprobe' })], [asked('vfs_read', { leastNs: 1_000_000, cgroup: 'a.slice' })]);
  expect(both[0]!.notes).toEqual([
    'Which calls count: argument 3 > 4096 in A, all in B. The two sides are of different calls.',
    'How long calls count: all in A, 1,000,000 ns and more in B. The two sides are of different calls.',
    'Which cgroup: all in A, a.slice in B. The two sides are of different programs.',
    'Attached: by kprobe in A, by fentry in B. What the probe itself costs is in what it measures.',
  ]);
});

test('asked twice in one recording, each meets the one that asks for the same', () => {
  const filtered = { filter: { argument: 1, test: 'equal', value: '7' } };
  const { both } = match([asked('f', filtered), asked('f')], [asked('f'), asked('f', filtered)]);
  expect(both.map((each) => each.notes)).toEqual([[], []]);
  expect(match([asked('f'), asked('f')], [asked('f')])).toMatchObject({ both: [{}], onlyA: [{}], onlyB: [] });
});

test('several runs of a side are one; what was not attached measured nothing', () => {
  const { both, onlyB } = matchProbes([[asked('f')], [asked('f')]], [[asked('f')], [asked('f'), asked('g', {}, { mechanism: '' })]]);
  expect(both.map(({ a, b }) => [a.length, b.length])).toEqual([[2, 2]]);
  expect(onlyB).toEqual([]);
});
