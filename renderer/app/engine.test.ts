// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from 'vitest';
import type { FromWorker, ToWorker } from '../worker/protocol.ts';
import { CallRefused, Engine } from './engine.ts';

function engineWithPort() {
  const sent: { message: ToWorker; transfer: Transferable[] }[] = [];
  let listener: (event: { data: FromWorker }) => void = () => undefined;
  const engine = new Engine({
    postMessage: (message, transfer) => sent.push({ message, transfer }),
    addEventListener: (_type, added) => (listener = added),
  });
  return { engine, sent, say: (data: FromWorker) => listener({ data }) };
}

test('answers go to their calls, in whatever order they come', async () => {
  const { engine, sent, say } = engineWithPort();
  const [first, second] = [engine.call('recordings'), engine.call('save', 3, 'name')];
  const calls = sent.map(({ message }) => (message.type === 'call' ? message : null));
  expect(calls[1]).toMatchObject({ name: 'save', arguments: [3, 'name'] });
  say({ type: 'answer', call: calls[1]!.call, result: 'saved' });
  say({ type: 'answer', call: calls[0]!.call, result: [] });
  say({ type: 'answer', call: 99, result: 'of nobody' });
  expect([await first, await second]).toEqual([[], 'saved']);
});

test('a refusal carries its failure', async () => {
  const { engine, say } = engineWithPort();
  const call = engine.call('hello');
  const failure = { code: 'x', message: 'It failed.', remedy: 'Try again.' };
  say({ type: 'refusal', call: 1, failure });
  await expect(call).rejects.toEqual(new CallRefused(failure));
  await expect(call).rejects.toMatchObject({ failure });
});

test('when the connection ends, whatever waits is refused with a word about the recording', async () => {
  const { engine, say } = engineWithPort();
  const heard = vi.fn();
  engine.listen(heard);
  const waiting = [engine.call('hello'), engine.export('svg', 'title')];
  say({ type: 'disconnected', reason: 'closed' });
  for (const each of waiting) await expect(each).rejects.toMatchObject({ failure: { code: 'disconnected' } });
  expect(heard).toHaveBeenCalledWith({ type: 'disconnected', reason: 'closed' });
});

test('bytes are handed over and not copied', () => {
  const { engine, sent } = engineWithPort();
  const bytes = new Uint8Array(8);
  void engine.call('upload', null, bytes);
  expect(sent[0]!.transfer).toEqual([bytes.buffer]);
});
