// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { listenForInterrupts } from './interrupt.ts';

function listening() {
  const source = new EventEmitter();
  const did: string[] = [];
  let clock = 1000;
  const interrupts = listenForInterrupts(source, (code) => did.push(`end ${code}`), () => clock);
  return {
    interrupts,
    did,
    signal: (name: string, afterMs: number) => {
      clock += afterMs;
      source.emit(name);
    },
    source,
  };
}

test('the first asks to stop, the second ends at once', () => {
  const { interrupts, did, signal } = listening();
  interrupts.onFirst(() => did.push('stop'));
  signal('SIGINT', 0);
  expect(did).toEqual(['stop']);
  signal('SIGINT', 900);
  expect(did).toEqual(['stop', 'end 130']);
});

test('what timeout(1) sends to the process and then to its group is one request', () => {
  const { interrupts, did, signal } = listening();
  interrupts.onFirst(() => did.push('stop'));
  signal('SIGTERM', 0);
  signal('SIGTERM', 1);
  signal('SIGTERM', 30);
  expect(did).toEqual(['stop']);
  signal('SIGTERM', 5000);
  expect(did).toEqual(['stop', 'end 130']);
});

test('one that came early reaches whoever asks later; after release none does', () => {
  const { interrupts, did, signal, source } = listening();
  signal('SIGHUP', 0);
  interrupts.onFirst(() => did.push('stop'));
  expect(did).toEqual(['stop']);
  interrupts.release();
  expect(source.eventNames()).toEqual([]);
});

test('another may mean something else before one ends at once', () => {
  const { interrupts, did, signal } = listening();
  interrupts.onFirst(() => did.push('stop'));
  signal('SIGINT', 0);
  interrupts.onNext(() => did.push('cancel'));
  signal('SIGINT', 100); // the same request
  signal('SIGINT', 500);
  expect(did).toEqual(['stop', 'cancel']);
  signal('SIGINT', 500);
  expect(did).toEqual(['stop', 'cancel', 'end 130']);
});
