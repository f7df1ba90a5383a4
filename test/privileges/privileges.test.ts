// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPrograms, removePrograms, Running, type Probe, type Programs } from './programs.ts';

/** enum wire_error */
const MALFORMED = 1;
const TOO_MANY_SESSIONS = 12;
const PRIVILEGES = 16;
const NOT_CALLER = 17;
const EACCES = 13;

/** Numbers as linux/capability.h has them. */
const CAPABILITY = {
  DAC_READ_SEARCH: 2,
  SYS_PTRACE: 19,
  SYS_ADMIN: 21,
  SYSLOG: 34,
  PERFMON: 38,
  BPF: 39,
  CHECKPOINT_RESTORE: 40,
};
const BASE = [CAPABILITY.DAC_READ_SEARCH, CAPABILITY.SYS_PTRACE, CAPABILITY.SYSLOG, CAPABILITY.PERFMON, CAPABILITY.BPF];

/** Nobody's: no user of a real system has it. */
const UID = 54_321;

const reason = process.getuid?.() === 0 ? undefined : 'crossing the privilege line takes root';
if (reason !== undefined) console.log(`skipped: privilege line: ${reason}`);

function capabilities(hexadecimal: string): number[] {
  const set = BigInt(`0x${hexadecimal}`);
  return Array.from({ length: 64 }, (_, number) => number).filter((number) => (set >> BigInt(number)) & 1n);
}

describe.skipIf(reason !== undefined)('the privilege line', () => {
  let programs: Programs;

  beforeAll(async () => void (programs = await buildPrograms()), 60_000);
  afterAll(() => removePrograms(programs));

  /** stdin is /dev/null, which is no socket: nobody to check. */
  const cross = (
    environment: Record<string, string>,
    args = ['profile'],
    user: { uid?: number; gid?: number } = {},
  ): Running =>
    new Running('/bin/sh', ['-c', 'exec "$@" </dev/null', 'sh', programs.probe, ...args], {
      env: environment,
      ...user,
    });

  async function report(running: Running): Promise<Probe> {
    const result = await running.report();
    await running.finish();
    return result;
  }

  describe('what is left', () => {
    it('is the base capabilities, at the uid that sudo names', async () => {
      const probe = await report(cross({ SUDO_UID: String(UID), SUDO_GID: '54322' }));
      expect(probe).toMatchObject({ entered: 0, sealed: 0, served: UID, uid: UID, gid: 54_322, groups: '' });
      const kept = capabilities(probe.capEff);
      expect(kept).toEqual(expect.arrayContaining(BASE));
      const welcome = [...BASE, CAPABILITY.CHECKPOINT_RESTORE, ...(probe.sysAdmin ? [CAPABILITY.SYS_ADMIN] : [])];
      expect(kept.filter((number) => !welcome.includes(number))).toEqual([]);
      expect(capabilities(probe.capPrm)).toEqual(kept);
      for (const empty of [probe.capInh, probe.capBnd, probe.capAmb]) expect(capabilities(empty)).toEqual([]);
      expect(probe).toMatchObject({ noNewPrivs: '1', seccomp: '2' });
    });

    it('is the same set for a helper that may trace, where programs can be probed without perf', async () => {
      const [profile, trace] = [await report(cross({ SUDO_UID: String(UID) })), await report(cross({ SUDO_UID: String(UID) }, ['trace']))];
      expect(trace).toMatchObject({ entered: 0, sealed: 0, served: UID, uid: UID, capBnd: '0000000000000000' });
      const admin = (probe: Probe) => capabilities(probe.capEff).filter((number) => number !== CAPABILITY.SYS_ADMIN);
      expect(admin(trace)).toEqual(admin(profile));
      // uprobe_multi is there since 6.6.
      const [major = 0, minor = 0] = release().split('.').map(Number);
      expect(trace.sysAdmin).toBe(profile.sysAdmin || major < 6 || (major === 6 && minor < 6));
    });

    it('is the same set for root itself', async () => {
      const probe = await report(cross({}));
      expect(probe).toMatchObject({ entered: 0, sealed: 0, served: 0, uid: 0, groups: '', capBnd: '0000000000000000' });
      expect(capabilities(probe.capEff)).toEqual(expect.arrayContaining(BASE));
      expect(capabilities(probe.capEff).length).toBeLessThanOrEqual(BASE.length + 2);
    });

    it.each([
      ['root', {}],
      ['a user', { SUDO_UID: String(UID) }],
    ])('samples, as %s', async (_, environment) => {
      const probe = await report(cross(environment as Record<string, string>));
      const needed = [
        'bpf_prog_load',
        'bpf_map_create',
        'perf_event_open',
        'set_bpf',
        'read_maps',
        'read_schedstat',
        'read_btf',
        'thread',
      ];
      expect(needed.map((call) => [call, probe.calls[call]])).toEqual(needed.map((call) => [call, 0]));
      expect(probe.kernelAddresses).toBe(true);
    });

    it.each([
      ['root', {}],
      ['a user', { SUDO_UID: String(UID) }],
    ])('can do nothing else, as %s', async (_, environment) => {
      const probe = await report(cross(environment as Record<string, string>));
      const refused = [
        'pin',
        'ptrace',
        'process_vm_readv',
        'execve',
        'setns',
        'mount',
        'socket',
        'open_write',
        'open_read_write',
        'open_create',
        'open_truncate',
        'open_tmpfile',
        'unlink',
        'fork',
        'clone_process',
        'kill_parent',
        'mmap_executable',
        'setuid_0',
      ];
      for (const call of refused) expect([1, 38], call).toContain(probe.calls[call]);
      expect(Object.keys(probe.calls)).toHaveLength(27);
    });

    it('is nothing of what was inherited', async () => {
      const script =
        'exec 9</dev/null; trap "" PIPE HUP TERM; umask 000; ulimit -c unlimited; cd /tmp; exec "$@" </dev/null';
      const probe = await report(
        new Running('/bin/sh', ['-c', script, 'sh', programs.probe, 'profile'], { env: { LD_X: 'y' } }),
      );
      expect(probe).toMatchObject({
        descriptor9: false,
        signalIgnored: false,
        umask: 0o77,
        core: 0,
        folder: '/',
        environment: false,
        sessionLeader: true,
      });
      expect(probe.descriptors).toBeGreaterThan(10_001);
    });
  });

  describe('who is served', () => {
    it('is not whom PKEXEC_UID claims when the socket is from somebody else', async () => {
      // Node's stdin is a socket pair made by root.
      const probe = await report(new Running(programs.probe, ['profile'], { env: { PKEXEC_UID: String(UID) } }));
      expect(probe).toMatchObject({ error: NOT_CALLER, entered: -1 });
    });

    it('is not whom an ordinary user claims', async () => {
      const probe = await report(
        new Running(programs.probe, ['profile'], { env: { PKEXEC_UID: '0' }, uid: UID, gid: UID }),
      );
      expect(probe).toMatchObject({ error: NOT_CALLER });
    });

    it.each(['', ' 1', '+1', '01', '1 ', '-1', '4294967295', '99999999999', '1e3', '0x10', '1000x'])(
      'is nobody when PKEXEC_UID is "%s"',
      async (uid) => {
        expect(await report(cross({ PKEXEC_UID: uid }))).toMatchObject({ error: NOT_CALLER, entered: -22 });
      },
    );

    it('is refused without the capabilities, by a sentence that names them', async () => {
      const probe = await report(cross({}, ['profile'], { uid: UID, gid: UID }));
      expect(probe).toMatchObject({ error: PRIVILEGES, entered: -1 });
      expect(probe.what).toContain('perfmon');
    });
  });

  describe('to trace', () => {
    it('no other user is served than to profile', async () => {
      // Node's stdin is a socket pair made by root.
      const claimed = await report(new Running(programs.probe, ['trace'], { env: { PKEXEC_UID: String(UID) } }));
      expect(claimed).toMatchObject({ error: NOT_CALLER, entered: -1 });
      const ordinary = new Running(programs.probe, ['trace'], { env: { PKEXEC_UID: '0' }, uid: UID, gid: UID });
      expect(await report(ordinary)).toMatchObject({ error: NOT_CALLER });
      for (const uid of ['', '+1', '01', '4294967295', '1e3'])
        expect(await report(cross({ PKEXEC_UID: uid }, ['trace'])), uid).toMatchObject({ error: NOT_CALLER, entered: -22 });
      expect(await report(cross({}, ['trace'], { uid: UID, gid: UID }))).toMatchObject({ error: PRIVILEGES, entered: -1 });
    });

    it('nothing else can be done, as root or a user', async () => {
      for (const environment of [{}, { SUDO_UID: String(UID) }] as Record<string, string>[]) {
        const probe = await report(cross(environment, ['trace']));
        expect(probe).toMatchObject({ noNewPrivs: '1', seccomp: '2', capBnd: '0000000000000000', calls: { bpf_prog_load: 0, perf_event_open: 0 } });
        for (const call of ['pin', 'ptrace', 'process_vm_readv', 'execve', 'setns', 'mount', 'socket', 'open_write', 'open_create', 'fork', 'setuid_0'])
          expect([1, 38], call).toContain(probe.calls[call]);
      }
    });
  });

  it.each([[[]], [['TRACE']], [['trace', 'more']], [['trace', '']], [['trace\n']], [['traceprofile']], [['profile', 'trace']], [['profile', 'more']], [['--help']], [['profile', '']]])(
    'takes one argument only, not %j',
    async (args) => {
      expect(await report(cross({}, args))).toMatchObject({ error: MALFORMED, entered: -22 });
    },
  );

  it('reads what belongs to other users', async () => {
    const other = new Running('/bin/sleep', ['60'], { uid: UID + 1, gid: UID + 1 });
    const probe = new Running(programs.probe, ['profile'], { env: { SUDO_UID: String(UID) } });
    probe.child.stdin.write(`${String(other.child.pid)}\n`);
    expect((await report(probe)).calls).toMatchObject({ read_maps: 0, read_schedstat: 0 });
    other.child.kill('SIGKILL');
    await other.ended;
  });

  it('counts sessions, and lets go of them', async () => {
    const start = async (): Promise<[Running, Probe]> => {
      const running = new Running(programs.probe, ['profile'], { env: { SUDO_UID: String(UID + 2) } });
      running.child.stdin.write('\n');
      return [running, await running.report()];
    };
    const sessions: Running[] = [];
    for (let i = 0; i < 8; i++) {
      const [running, probe] = await start();
      expect(probe.entered).toBe(0);
      sessions.push(running);
    }
    const [ninth, refused] = await start();
    expect(refused).toMatchObject({ error: TOO_MANY_SESSIONS, entered: -11 });
    await ninth.finish();
    sessions[3]?.child.kill('SIGKILL');
    await sessions[3]?.ended;
    const [again, admitted] = await start();
    expect(admitted.entered).toBe(0);
    await Promise.all([again, ...sessions].map((running) => running.finish()));
  });

  it('ends with its parent, even while stdin stays open', async () => {
    const shell = new Running('/bin/sh', ['-c', '"$@"; true', 'sh', programs.probe, 'profile'], {
      env: { SUDO_UID: String(UID) },
    });
    shell.child.stdin.write('\n');
    const { pid } = await shell.report();
    // A zombie counts: whoever inherits it may take its time.
    const gone = (): boolean => {
      try {
        return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return true;
      }
    };
    expect(gone()).toBe(false);
    shell.child.kill('SIGKILL');
    for (let i = 0; i < 100 && !gone(); i++) await sleep(20);
    expect(gone()).toBe(true);
    await shell.finish();
  });

  it('cannot be traced or dumped by the user it serves', async () => {
    const running = new Running(programs.probe, ['profile'], { env: { SUDO_UID: String(UID) } });
    running.child.stdin.write('\n');
    const { pid } = await running.report();
    const peek = new Running('/bin/cat', [`/proc/${pid}/maps`], { uid: UID, gid: UID });
    await peek.finish();
    expect(peek.output.length).toBe(0);
    expect(peek.errors).toMatch(new RegExp(`Permission denied|${EACCES}`));
    await running.finish();
  });
});
