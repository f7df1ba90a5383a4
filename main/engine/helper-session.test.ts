// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../ipc/failure.ts';
import { explainExit } from './helper-process.ts';
import { HelperSession, type SessionEnd, type SessionOptions } from './helper-session.ts';
import { replayStream, type HelperStream, type StreamExit } from './helper-stream.ts';
import { outcomeOf } from './outcome.ts';
import { StreamBuilder, frame } from './testing/stream-builder.ts';
import { WIRE_PROTOCOL, WireError, WireType } from './wire-layout.gen.ts';

const pkexec = { kind: 'pkexec' as const, command: '/usr/bin/pkexec', arguments: ['--disable-internal-agent', '/usr/libexec/emberscope/emberscope-helper', 'profile'] };
const exit = (change: Partial<StreamExit>): StreamExit => ({ code: 0, signal: null, stderr: '', startError: '', ...change });
const options: SessionOptions = { version: '1.0.0', helloTimeout: 1000, explain: (how) => explainExit(pkexec, how) };

function streamOf(builder: StreamBuilder, ended: Partial<StreamExit> = {}): HelperStream & { sent: Uint8Array[]; closed: boolean } {
  const sent: Uint8Array[] = [];
  const replay = replayStream([builder.bytes()]);
  const stream = { ...replay, sent, closed: false, exited: Promise.resolve(exit(ended)), send: (bytes: Uint8Array) => void sent.push(bytes), closeInput: () => void (stream.closed = true) };
  return stream;
}

async function failureOf(stream: HelperStream, change: Partial<SessionOptions> = {}): Promise<string> {
  try {
    await HelperSession.open(stream, { ...options, ...change });
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

async function endOf(builder: StreamBuilder, ended: Partial<StreamExit> = {}): Promise<SessionEnd> {
  const session = await HelperSession.open(streamOf(builder, ended), options);
  return session.run(() => undefined);
}

const hello = (): StreamBuilder => new StreamBuilder().hello('1.0.0');

describe('opening a session', () => {
  it('requires the hello and the very version', async () => {
    expect(await failureOf(streamOf(hello()))).toBe('nothing was thrown');
    expect(await failureOf(streamOf(new StreamBuilder().hello('1.0.1')))).toBe('helperWrongVersion');
    expect(await failureOf(streamOf(new StreamBuilder().hello('1.0.0', { protocol: WIRE_PROTOCOL + 1 })))).toBe('helperWrongVersion');
    expect(await failureOf(streamOf(new StreamBuilder().hello('9.9.9')), { version: null })).toBe('nothing was thrown');
    expect(await failureOf(streamOf(new StreamBuilder().ledger()))).toBe('helperMalformed');
    expect(await failureOf(streamOf(new StreamBuilder().raw(new TextEncoder().encode('sudo: password required\n'))))).toBe('helperMalformed');
    expect(await failureOf(streamOf(new StreamBuilder().refused(WireError.tooManySessions).end(4)))).toBe('tooManySessions');
  });

  it('closes the input of what it does not take', async () => {
    const stream = streamOf(new StreamBuilder().hello('2'));
    await failureOf(stream);
    expect(stream.closed).toBe(true);
  });

  it('gives up on a helper that says nothing', async () => {
    const silent: HelperStream = { ...replayStream((async function* () { await new Promise(() => undefined); yield new Uint8Array(); })()) };
    expect(await failureOf(silent, { helloTimeout: 30 })).toBe('helperFailed');
  });

  it.each<[string, Partial<StreamExit>]>([
    ['authenticationDismissed', { code: 126, stderr: 'Error executing command as another user: Request dismissed\n' }],
    ['notAuthorised', { code: 127, stderr: 'Error executing command as another user: Not authorized\n\nThis incident has been reported.\n' }],
    ['noAgent', { code: 127, stderr: 'Error executing command as another user: No authentication agent found.\n' }],
    ['helperMissing', { code: 127, stderr: 'Error getting information about /usr/libexec/…: No such file or directory\n' }],
    ['noPkexec', { code: null, startError: 'ENOENT' }],
    ['helperFailed', { code: 1, stderr: 'something else\n' }],
    ['helperFailed', { code: null, signal: 'SIGKILL' }],
  ])('words an end before the hello: %s', async (code, ended) => {
    expect(await failureOf(streamOf(new StreamBuilder(), ended))).toBe(code);
  });
});

describe('a session', () => {
  it('hands over every frame, however the stream is cut, and sends what is asked', async () => {
    const bytes = hello().started().ledger().end(1).bytes();
    for (const size of [1, 5, bytes.length]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const session = await HelperSession.open(replayStream(chunks), options);
      const types: string[] = [];
      const end = await session.run((frame_) => types.push(frame_.type));
      expect(types).toEqual(['started', 'ledger', 'end']);
      expect(end).toMatchObject({ end: { reason: 1 }, failure: null });
    }
  });

  it('ends in words when the helper dies, sends garbage, or goes on after its end', async () => {
    const died = await endOf(hello().started(), { code: null, signal: 'SIGKILL' });
    expect(died.failure).toMatchObject({ code: 'helperFailed', message: expect.stringContaining('killed by SIGKILL') });
    expect((await endOf(hello().raw(frame(4711)))).failure?.code).toBe('helperMalformed');
    expect((await endOf(hello().hello('1.0.0'))).failure?.code).toBe('helperMalformed');
    expect((await endOf(hello().end(1).ledger())).failure?.code).toBe('helperMalformed');
    const cut = hello().ledger().bytes().subarray(0, -3);
    expect((await endOf(new StreamBuilder().raw(cut), { code: 1 })).failure?.code).toBe('helperFailed');
  });

  it('asks for the end once, and closes its input when that has come', async () => {
    const stream = streamOf(hello().started().end(1));
    const session = await HelperSession.open(stream, options);
    session.stop();
    session.stop();
    await session.run(() => undefined);
    expect(stream.sent.map((bytes) => new DataView(bytes.buffer).getUint16(4, true))).toEqual([WireType.stop]);
    expect(stream.closed).toBe(true);
  });
});

describe('outcomes', () => {
  it('say how it ended', async () => {
    const reasons = await Promise.all([1, 2, 3, 5].map(async (reason) => outcomeOf(await endOf(hello().started().end(reason)), null)));
    expect(reasons.map(({ reason, failure }) => [reason, failure?.code])).toEqual([
      ['asked', undefined], ['targetExited', undefined], ['targetGone', 'targetGone'], ['helperFailed', 'noHeartbeat'],
    ]);
    const refused = outcomeOf(await endOf(hello().refused(WireError.noBtf).end(4)), null);
    expect(refused).toMatchObject({ reason: 'helperFailed', failure: { code: 'noBtf' } });
    expect(outcomeOf(await endOf(hello().end(1)), { code: 'diskFull', message: 'm', remedy: 'r' }).reason).toBe('recordingFailed');
  });

  it('have a sentence and a way on for every error of the wire', async () => {
    for (const error of Object.values(WireError)) {
      const { failure } = outcomeOf(await endOf(hello().refused(error, 4711, 'x').end(4)), null);
      expect(failure!.code).not.toBe('helperFailed');
      expect(failure!.message).toMatch(/^[A-Z].*\.$/);
      expect(failure!.remedy).toMatch(/^[A-Z].*\.$/);
    }
  });
});
