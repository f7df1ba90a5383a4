// SPDX-License-Identifier: Apache-2.0
/** Every ready question is asked of this computer, while what it asks about happens. */
import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProbeInfo, ReadyQuestion } from '../../ipc/contract.ts';
import { samplingObstacle } from '../../main/cli/testing.ts';
import { createEngine, type Engine } from '../../main/engine/engine.ts';
import type { ProbeRecording } from '../../main/engine/recording-api.ts';
import { messagesOf } from '../../profile/testing.ts';
import { programPath } from '../helper/helper-client.ts';

const obstacle = samplingObstacle();
if (obstacle) console.warn(`Ready questions are not asked: ${obstacle}`);
const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'emberscope-gallery-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What cannot be made to happen without hurting the machine, or others on it. */
const RARE = ['oom-kills', 'tcp-retransmits', 'direct-reclaim', 'compaction', 'kernel-locks', 'page-cache'];
/** What the kernel need not do within this second. */
const MAY_BE_QUIET = ['interrupts', 'allocations', 'heap-growth'];

async function talk(): Promise<void> {
  const server = createServer((socket) => socket.end('x'.repeat(1000)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  socket.write('y'.repeat(100));
  socket.resume();
  await once(socket, 'close');
  server.close();
  // Nobody listens there: it is dropped.
  const datagram = createSocket('udp4');
  await new Promise((done) => datagram.send('z', 9, '127.0.0.1', done));
  datagram.close();
}

async function happenings(): Promise<void> {
  const path = join(folder, 'written');
  writeFileSync(path, Buffer.alloc(1 << 20), { flush: true });
  statSync(path);
  await run('/bin/sh', ['-c', '/bin/true; kill -CONT $$; mkdir -p "$0/mounted"; mount -t tmpfs none "$0/mounted"; umount "$0/mounted"; rm "$0/written"', folder]);
  const { stdout } = await run('ipcmk', ['-M', '4096']);
  await run('ipcrm', ['-m', /\d+/.exec(stdout)![0]]);
  await lookup('localhost');
  await talk();
}

describe.skipIf(obstacle)('the gallery', () => {
  let engine: Engine;
  let questions: ReadyQuestion[];
  const ask = async (recording: ProbeRecording, { asks: { byStack = false, ...asked } }: ReadyQuestion): Promise<ProbeInfo> =>
    (await recording.probes!.attach({ ...asked, byThread: true, byStack, leastNs: 0, filter: null, budget: 0 }))!;
  beforeAll(async () => {
    engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'engine'), cacheFolder: null });
    questions = await engine.catalogue.readyQuestions();
  });
  afterAll(() => engine.close());

  test('answers of the whole system', { timeout: 120_000 }, async () => {
    const recording = await engine.startProbes({ kind: 'system' });
    const infos = new Map<string, ProbeInfo>();
    const busy = spawn(programPath('busy'), ['3', '30'], { stdio: 'ignore' });
    try {
      for (const question of questions.filter(({ needsTarget, why }) => !needsTarget && why === '')) infos.set(question.name, await ask(recording, question));
      for (const [name, { state, why }] of infos) if (state !== 'attached') expect([name, why]).toEqual([name, expect.stringMatching(/\.$/)]);
      await happenings();
      await wait(1000);
    } finally {
      busy.kill('SIGKILL');
    }
    await recording.stop();
    const counted = new Map([...infos].map(([name, { probe }]) => [name, recording.probes!.infos.find((each) => each.probe === probe)!.figures.calls]));
    console.log([...counted].map(([name, calls]) => `${name} ${infos.get(name)!.state === 'attached' ? calls : 'refused'}`).join(', '));
    const silent = [...counted].filter(([name, calls]) => infos.get(name)!.state === 'attached' && calls === 0 && !RARE.includes(name) && !MAY_BE_QUIET.includes(name));
    expect(silent).toEqual([]);
    const { events, probes, strings } = recording.tables;
    const messages = (name: string) => messagesOf(recording.tables).filter((_, row) => strings.columns.text[probes.columns.name[events.columns.probe[row]!]!] === infos.get(name)!.title);
    expect(messages('new-programs').join('\n')).toContain('/bin/true');
    expect(messages('opens').length).toBeGreaterThan(0);
    await engine.closeRecording(recording.info.id);
  });

  test('lines that are typed into a shell', { timeout: 60_000 }, async ({ skip }) => {
    const question = questions.find(({ name }) => name === 'shell-lines')!;
    const bash = spawn('/bin/bash', ['--norc', '-i'], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await wait(500);
      const recording = await engine.startProbes({ kind: 'processes', processes: [{ tgid: bash.pid!, startTicks: 0 }] });
      const { state, why } = await ask(recording, question);
      if (state === 'refused' && /has no function/.test(why)) skip(why);
      expect([state, why]).toEqual(['attached', '']);
      bash.stdin.write('echo emberscope was here\n');
      await wait(1500);
      await recording.stop();
      expect(messagesOf(recording.tables).join('\n')).toContain('echo emberscope was here');
      await engine.closeRecording(recording.info.id);
    } finally {
      bash.kill('SIGKILL');
    }
  });
});
