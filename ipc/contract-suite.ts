// SPDX-License-Identifier: Apache-2.0
/** What every transport must let the contract do. Run it from a test with a factory of connected pairs. */
import { describe, expect, test, vi } from 'vitest';
import { createTables, type Segment } from '../profile/tables.ts';
import { encodeMessage } from './codec.ts';
import { connectEngine, serveWindow, type ServeOptions } from './connection.ts';
import type { CallHandlers, EngineInfo, Events, ProbeInfo, RecordingInfo, LibraryEntry } from './contract.ts';
import { FailureError } from './failure.ts';
import type { Transport } from './transport.ts';

export interface TransportPair {
  window: Transport;
  engine: Transport;
  /** Breaks the connection below the transports, as a crash of the other side would. */
  breakOff(): void;
}

const engineInfo: EngineInfo = {
  version: '0.1.0',
  shell: 'chromium',
  shellReason: 'Electron is not installed.',
  user: 'somebody',
  uid: 1000,
  host: 'here',
  kernel: '6.1.0',
  cpus: 2,
  helper: { kind: 'missing', command: 'npm run install-helper' },
  hardwareCycles: false,
  cgroup: '/',
  recordingsFolder: '/home/somebody/.local/share/emberscope',
};
const info: RecordingInfo = {
  id: 1,
  target: 'demo 12',
  question: 'on-cpu',
  frequencyHz: 99,
  startedAt: 1.7e12,
  host: 'here',
  kernel: '6.1.0',
  cpus: 2,
  settings: { frequency: 99, children: true, kernelStacks: true },
  state: { kind: 'live' },
  savedAs: null,
};
const figures: Events['rows']['figures'] = {
  durationNs: 1,
  ledger: { fired: 1, notOurs: 0, stored: 1, lost: 0 },
  overhead: { bpfNs: 0, helperCpuNs: 0 },
};

const probe: ProbeInfo = {
  probe: 0,
  request: { kind: 'kernel', name: 'vfs_read', module: '', measure: { kind: 'latency' }, byThread: false, byStack: false, events: false, leastNs: 0, filter: null },
  title: 'vfs_read',
  mechanism: 'fentry',
  state: 'attached',
  why: '',
  unit: 'nanoseconds',
  functions: 1,
  figures: { calls: 0, callsPerSecond: 0, measured: 0, filtered: 0, missed: 0, recursed: 0, dropped: 0, aboveRate: 0, unsent: 0, lost: 0, callNs: 0, cost: 0 },
};

const libraryEntry: LibraryEntry = {
  file: 'demo.ember',
  name: 'demo',
  bytes: 8192,
  modifiedAt: 1.7e12,
  state: { kind: 'sound' },
  facts: {
    target: 'demo 12',
    question: 'on-cpu',
    frequencyHz: 99,
    settings: info.settings,
    request: { kind: 'command', command: ['./demo', '1'], folder: '/tmp' },
    probes: [],
    host: 'here',
    kernel: '6.1.0',
    startedAt: 1.7e12,
    durationNs: 1e9,
    application: '1.0.0',
    samples: 99,
    weight: 99,
    quality: { complete: 1, named: 0.5, lost: 0 },
    tags: ['before'],
    notes: '',
  },
};

function handlersWith(changes: Partial<CallHandlers>): CallHandlers {
  return {
    hello: () => engineInfo,
    watchProcesses: () => undefined,
    start: () => info,
    stop: () => info,
    save: (_, name) => ({ ...info, savedAs: name }),
    close: () => undefined,
    upload: (_, bytes) => bytes.length,
    namedFile: () => ({ upload: 3, name: 'yesterday.ember' }),
    openUpload: () => info,
    dropUpload: () => undefined,
    readFile: (_, offset) => new Uint8Array([offset, 0, 255]),
    subscribe: () => info,
    recordings: () => [info],
    whyUnnamed: (_, module) => `module ${module} is stripped`,
    nameSource: () => 'its symbol table',
    sourceLines: (_, file, first, count) => ({ kind: 'lines', first, lines: Array<string>(count).fill(`of ${file}`), all: 100, isNewer: false }),
    functions: ({ pattern }) => ({ functions: [], matched: 0, incomplete: pattern }),
    readyQuestions: () => [],
    startProbes: () => info,
    attachProbe: (_, request) => ({ ...probe, request }),
    letRun: () => info,
    detachProbe: () => undefined,
    probes: () => [probe],
    doctor: () => ({ kernel: '6.18', checks: [] }),
    library: () => ({ folder: '/home/somebody/recordings', failure: null, entries: [libraryEntry], waiting: 0 }),
    watchLibrary: () => undefined,
    thumbnail: (file) => file,
    repetition: () => ({ kind: 'ready', target: { kind: 'demo' } }),
    openFromLibrary: () => info,
    renameInLibrary: (_, name) => `${name}.ember`,
    annotate: (file, annotations) => ({ ...libraryEntry, file, facts: { ...libraryEntry.facts!, ...annotations } }),
    deleteFromLibrary: (files) => ({ id: 1, files }),
    undoDeletion: () => ['demo.ember'],
    reveal: () => undefined,
    moveLibrary: (folder) => ({ folder, failure: null, entries: [], waiting: 0 }),
    debugFiles: () => undefined,
    ...changes,
  };
}

/** `rows` of about `kibibytes`. */
function rowsEvent(kibibytes: number, start = 0): Events['rows'] {
  const length = kibibytes * 128;
  const zero = new Uint32Array(length);
  const columns = { slice: zero, thread: zero, stack: new Int32Array(length), kind: new Uint8Array(length) };
  const samples = { table: 'samples', start, length, columns: { ...columns, weight: new Float64Array(length).fill(2) } };
  return { id: 1, segments: [samples as Segment], sliceEnd: 1, figures };
}

/** Patient, since the machine may be busy. */
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 4000, interval: 10 });

export function contractSuite(transport: string, connect: () => Promise<TransportPair>): void {
  async function pair(handlers: Partial<CallHandlers> = {}, options: ServeOptions = {}) {
    const { window, engine, breakOff } = await connect();
    const peer = serveWindow(engine, handlersWith(handlers), options);
    return { client: connectEngine(window), peer, window, breakOff };
  }

  describe(`the contract over a ${transport}`, () => {
    test('calls are answered, with values and bytes', async () => {
      const { client } = await pair();
      expect(await client.call('hello')).toEqual(engineInfo);
      expect(await client.call('watchProcesses', true)).toBeUndefined();
      expect((await client.call('save', 1, 'größe')).savedAs).toBe('größe');
      expect(await client.call('upload', null, new Uint8Array(3_000_000))).toBe(3_000_000);
      expect(await client.call('readFile', 1, 7)).toEqual(new Uint8Array([7, 0, 255]));
      expect(await client.call('whyUnnamed', 1, -1)).toBe('module -1 is stripped');
      expect(await client.call('nameSource', 1, 2)).toBe('its symbol table');
      expect(await client.call('sourceLines', 1, 7, 3, 2)).toEqual({ kind: 'lines', first: 3, lines: ['of 7', 'of 7'], all: 100, isNewer: false });
      expect(await client.call('dropUpload', 3)).toBeUndefined();
      expect((await client.call('library')).entries).toEqual([libraryEntry]);
      expect((await client.call('annotate', 'a.ember', { tags: ['after'], notes: 'n' })).facts).toMatchObject({ tags: ['after'], notes: 'n' });
      expect(await client.call('deleteFromLibrary', ['a.ember'])).toEqual({ id: 1, files: ['a.ember'] });
      client.close();
    });

    test('answers find their calls, whatever their order', async () => {
      const delays = new Map([[1, 30], [2, 1], [3, 10]]);
      const { client } = await pair({
        stop: async (id) => {
          await new Promise((resolve) => setTimeout(resolve, delays.get(id)));
          return { ...info, id };
        },
      });
      const ids = await Promise.all([1, 2, 3].map(async (id) => (await client.call('stop', id)).id));
      expect(ids).toEqual([1, 2, 3]);
      client.close();
    });

    test('a refusal carries its failure', async () => {
      const failure = { code: 'noSuchProcess', message: 'There is no process 7.', remedy: 'Pick another one.' };
      const { client } = await pair({
        start: () => {
          throw new FailureError(failure);
        },
        stop: () => Promise.reject(Object.assign(new Error(), failure)),
      });
      const start = client.call('start', { kind: 'demo' }, info.settings);
      await expect(start).rejects.toBeInstanceOf(FailureError);
      await expect(start).rejects.toMatchObject(failure);
      await expect(client.call('stop', 1)).rejects.toMatchObject(failure);
      client.close();
    });

    test('an error of the engine becomes a plain sentence without its details', async () => {
      const onError = vi.fn();
      const secret = new Error('ENOENT /home/somebody/secret');
      const { client } = await pair({ hello: () => Promise.reject(secret) }, { onError });
      const error = (await client.call('hello').catch((reason: unknown) => reason)) as FailureError;
      expect(error.code).toBe('internal');
      expect(error.message).toMatch(/^Emberscope made a mistake of its own while/);
      expect(JSON.stringify(error)).not.toContain('secret');
      expect(onError).toHaveBeenCalledWith(secret, 'hello');
      client.close();
    });

    test('a call with wrong arguments is refused and not carried out', async () => {
      const stop = vi.fn(() => info);
      const { client } = await pair({ stop });
      await expect(client.call('stop', -1)).rejects.toMatchObject({ code: 'badCall', message: expect.stringContaining('"[0]"') });
      await expect(client.call('stop', ...([] as unknown as [number]))).rejects.toMatchObject({ code: 'badCall' });
      expect(stop).not.toHaveBeenCalled();
      client.close();
    });

    test('events arrive in order, rows with their columns, until the listener is removed', async () => {
      const { client, peer } = await pair();
      const tables = createTables();
      const got: unknown[] = [];
      const off = client.on('rows', (payload) => got.push(payload.segments));
      client.on('recording', (payload) => got.push(payload.info.id));
      const segments = [tables.strings.segment(0)];
      peer.emit('rows', { ...rowsEvent(0), segments });
      peer.emit('recording', { info });
      await soon(() => expect(got).toEqual([segments, 1]));
      off();
      peer.emit('rows', rowsEvent(1));
      peer.emit('recording', { info });
      await soon(() => expect(got).toEqual([segments, 1, 1]));
      client.close();
    });

    test('the engine keeps a bounded amount on the way, and says when there is room again', async () => {
      const { window, engine, breakOff } = await connect();
      const peer = serveWindow(engine, handlersWith({}), { windowBytes: 256 * 1024 });
      const arrived: number[] = [];
      window.onMessage((bytes) => arrived.push(bytes.length)); // takes, but does not acknowledge yet
      let drains = 0;
      peer.onDrain(() => drains++);
      let sent = 0;
      for (; peer.writable; sent++) peer.emit('rows', rowsEvent(64));
      expect(sent).toBeLessThan(8);
      for (let i = 0; i < 3; i++) peer.emit('processes', { processes: [] });
      peer.emit('recording', { info });
      await soon(() => expect(arrived).toHaveLength(sent));
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(arrived).toHaveLength(sent);
      const bytes = arrived.reduce((sum, length) => sum + length, 0);
      window.send(encodeMessage({ type: 'acknowledge', bytes }));
      // One of the three lists of processes is left, and the recording.
      await soon(() => expect(arrived).toHaveLength(sent + 2));
      expect(drains).toBe(1);
      expect(peer.writable).toBe(true);
      breakOff();
    });

    test('a window that reads gets everything through a small window', async () => {
      const { client, peer } = await pair({}, { windowBytes: 128 * 1024 });
      let rows = 0;
      client.on('rows', ({ segments }) => {
        expect(segments[0]!.start).toBe(rows);
        rows += segments[0]!.length;
      });
      for (let i = 0; i < 100; i++) peer.emit('rows', rowsEvent(40, i * 40 * 128));
      await soon(() => expect(rows).toBe(100 * 40 * 128));
      client.close();
    });

    test('a window that does not read is disconnected before the engine fills up', async () => {
      const { window, engine } = await connect();
      const peer = serveWindow(engine, handlersWith({}), { windowBytes: 128 * 1024 });
      window.onMessage(() => undefined);
      const event = rowsEvent(8 * 1024);
      for (let i = 0; i < 6; i++) peer.emit('rows', event);
      expect(await peer.closed).toBe('The window stopped reading what the engine sent.');
    });

    test('closing tells the other side, and refuses what is unanswered', async () => {
      const never = Promise.withResolvers<never>().promise;
      const { client, peer } = await pair({ hello: () => never });
      const call = client.call('hello');
      const outcome = expect(call).rejects.toMatchObject({ code: 'disconnected' });
      peer.close('The engine is going down.');
      expect(await client.closed).toBe('The engine is going down.');
      expect(await peer.closed).toBe('The engine is going down.');
      await outcome;
      await expect(client.call('hello')).rejects.toMatchObject({ code: 'disconnected' });
      peer.emit('recording', { info });
    });

    test('a window that is closed leaves without a reason', async () => {
      const { client, peer } = await pair();
      await client.call('hello');
      client.close();
      expect(await peer.closed).toBe('');
      expect(await client.closed).toBe('');
    });

    test('a connection that breaks off says so on both sides', async () => {
      const { client, peer, breakOff } = await pair();
      await client.call('hello');
      breakOff();
      expect(await client.closed).toMatch(/broke off|went away/);
      expect(await peer.closed).toMatch(/broke off|went away/);
    });

    test.each([
      ['garbage', new Uint8Array([9, 9, 9]), /header/],
      ['an event', encodeMessage({ type: 'event', name: 'recording', payload: { info } }), /only the engine/],
      ['too large an acknowledgement', encodeMessage({ type: 'acknowledge', bytes: 1e9 }), /acknowledged more/],
    ])('%s from a window closes the connection and harms nothing', async (_, bytes, reason) => {
      const { client, peer, window } = await pair();
      window.send(bytes);
      expect(await peer.closed).toMatch(reason);
      expect(await client.closed).toMatch(reason);
    });

    test('a window is not made to answer', async () => {
      const { window, engine } = await connect();
      const client = connectEngine(window);
      engine.send(encodeMessage({ type: 'answer', call: 5, result: 1 }));
      expect(await client.closed).toBe('The engine answered call 5, which nobody waits for.');
    });

    test('an answer of another form than the contract is a failure of that call only', async () => {
      const { client } = await pair({ hello: () => ({ ...engineInfo, cpus: 'two' }) as unknown as EngineInfo });
      await expect(client.call('hello')).rejects.toMatchObject({ code: 'badAnswer', message: expect.stringContaining('".cpus"') });
      expect(await client.call('recordings')).toEqual([info]);
      client.close();
    });
  });
}
