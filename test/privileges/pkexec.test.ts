// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorCheck, DoctorReport } from '../../ipc/contract.ts';
import { otherUserObstacle, startCli } from '../../main/cli/testing.ts';
import { WIRE_PROTOCOL } from '../../main/engine/wire-layout.gen.ts';
import { dismissDialogsOf } from './agent.ts';
import { startPolkit, whyNot, type Answer, type Polkit } from './polkit.ts';
import { buildPrograms, removePrograms, Running, type Programs } from './programs.ts';

const run = promisify(execFile);

const TOP = join(import.meta.dirname, '../..');
const LIBEXEC = '/usr/libexec/emberscope';
const INSTALLED = `${LIBEXEC}/emberscope-helper`;
const ACTIONS = '/usr/share/polkit-1/actions';
const MODES = ['profile', 'trace'] as const;
const POLICIES = MODES.map((mode) => `${ACTIONS}/org.emberscope.${mode}.policy`);
const BUILT = join(TOP, 'build/native/emberscope-helper');

/** pkexec's own, as its manual has them. */
const NOT_AUTHORISED = 127;
const DISMISSED = 126;

const reason = whyNot();
if (reason !== undefined) console.log(`skipped: pkexec: ${reason}`);
const unbuilt = existsSync(BUILT) ? undefined : `${BUILT} is not built`;
if (reason === undefined && unbuilt !== undefined) console.log(`skipped: pkexec of the helper itself: ${unbuilt}`);

const closed = reason === undefined ? otherUserObstacle(54_321) : null;
if (closed !== null) console.log(`skipped: the Doctor for users: ${closed}`);

const installHelper = (...args: string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [join(TOP, 'scripts/install-helper.ts'), ...args]);

describe.skipIf(reason !== undefined)('pkexec', () => {
  let polkit: Polkit;
  let programs: Programs;
  const callers: Running[] = [];
  /** What the machine had installed, out of the way meanwhile. */
  const aside = [LIBEXEC, ...POLICIES].map((path) => [path, `${path}.before-test-${process.pid}`] as const);

  beforeAll(async () => {
    for (const [path, away] of aside) if (existsSync(path)) await rename(path, away);
    programs = await buildPrograms();
    await mkdir(ACTIONS, { recursive: true });
    polkit = await startPolkit();
  });

  afterAll(async () => {
    // Of a test that failed; a user with processes cannot be deleted.
    for (const { child } of callers) child.kill('SIGKILL');
    await polkit?.stop();
    if (programs !== undefined) await removePrograms(programs);
    for (const [path, away] of aside) {
      await rm(path, { recursive: true, force: true });
      if (existsSync(away)) await rename(away, path);
    }
  });

  /** As the app does it, as a user; `started` is called before pkexec starts. */
  async function call(
    user: Answer,
    args: readonly string[] = ['profile'],
    started = async (_pid: number): Promise<void> => undefined,
  ): Promise<Running> {
    const { uid, gid } = polkit.users[user];
    const command = ['/usr/bin/pkexec', '--disable-internal-agent', INSTALLED, ...args];
    const running = new Running(programs.caller, command, { uid, gid, cwd: '/' });
    callers.push(running);
    await started(running.child.pid ?? 0);
    running.child.stdin.write('!');
    return running;
  }

  describe('with a probe in place of the helper', () => {
    beforeEach(async () => {
      await mkdir(LIBEXEC, { mode: 0o755 });
      await copyFile(programs.probe, INSTALLED);
      await chmod(INSTALLED, 0o755);
      for (const mode of MODES) {
        const policy = `${ACTIONS}/org.emberscope.${mode}.policy`;
        await copyFile(join(TOP, `assets/org.emberscope.${mode}.policy`), policy);
        await chmod(policy, 0o644);
        // polkitd reads a new action when asked next.
        await run('/usr/bin/pkaction', ['--action-id', `org.emberscope.${mode}`]);
      }
    });
    afterEach(async () => {
      await rm(LIBEXEC, { recursive: true, force: true });
      for (const policy of POLICIES) await rm(policy, { force: true });
    });

    it('gives the user allowed by a rule a sealed helper at his own uid', async () => {
      const running = await call('yes');
      running.child.stdin.write('1\n');
      const probe = await running.report();
      const { uid, gid } = polkit.users.yes;
      expect(probe).toMatchObject({ entered: 0, sealed: 0, uid, served: uid, gid, groups: '', environment: false });
      expect(probe).toMatchObject({ noNewPrivs: '1', seccomp: '2', capBnd: '0000000000000000' });
      // BPF, PERFMON, SYS_PTRACE, SYSLOG, DAC_READ_SEARCH
      expect(BigInt(`0x${probe.capEff}`) & 0xc400080004n).toBe(0xc400080004n);
      expect(probe.calls).toMatchObject({ bpf_prog_load: 0, perf_event_open: 0, read_schedstat: 0, read_btf: 0 });
      expect(probe.kernelAddresses).toBe(true);
      expect(await running.finish()).toBe(0);
    });

    it('refuses the user denied by a rule', async () => {
      const running = await call('no');
      expect(await running.finish()).toBe(NOT_AUTHORISED);
      expect(running.output.length).toBe(0);
      expect(running.errors).toMatch(/Not authorized/);
    });

    it('refuses a user whom nobody can ask', async () => {
      const running = await call('ask');
      expect(await running.finish()).toBe(NOT_AUTHORISED);
      expect(running.output.length).toBe(0);
    });

    it('tells a dismissed dialog from that', async () => {
      let agent: Awaited<ReturnType<typeof dismissDialogsOf>> | undefined;
      const running = await call(
        'ask',
        ['profile'],
        async (pid) => void (agent = await dismissDialogsOf(pid, polkit.users.ask.uid)),
      );
      expect(await running.finish()).toBe(DISMISSED);
      expect(agent?.dismissed()).toBe(1);
      expect(running.output.length).toBe(0);
      agent?.leave();
    });

    it.each([[['profile', 'more']], [['profile', '--']]])('refuses %j though polkit allows it', async (args) => {
      const running = await call('yes', args);
      expect(await running.report()).toMatchObject({ entered: -22 });
      await running.finish();
    });

    it('does not know another first argument', async () => {
      // It is the generic action then, about which the rule says nothing.
      for (const argument of ['probe', 'TRACE', 'trace ', '']) {
        const running = await call('tracer', [argument]);
        expect(await running.finish(), argument).toBe(NOT_AUTHORISED);
        expect(running.output.length).toBe(0);
      }
    });

    describe('to trace', () => {
      it('is another action: who may profile may not', async () => {
        const running = await call('yes', ['trace']);
        expect(await running.finish()).toBe(NOT_AUTHORISED);
        expect(running.output.length).toBe(0);
      });

      it('and who may trace may not profile', async () => {
        const running = await call('tracer', ['profile']);
        expect(await running.finish()).toBe(NOT_AUTHORISED);
        expect(running.output.length).toBe(0);
      });

      it('gives a sealed helper at the uid of whom a rule allows it, with CAP_SYS_ADMIN only where programs cannot be probed without', async () => {
        const running = await call('tracer', ['trace']);
        running.child.stdin.write('1\n');
        const probe = await running.report();
        const { uid, gid } = polkit.users.tracer;
        expect(probe).toMatchObject({ entered: 0, sealed: 0, uid, served: uid, gid, groups: '', environment: false });
        expect(probe).toMatchObject({ noNewPrivs: '1', seccomp: '2', capBnd: '0000000000000000' });
        const kept = BigInt(`0x${probe.capEff}`);
        expect(kept & 0xc400080004n).toBe(0xc400080004n);
        // uprobe_multi is there since 6.6; Debian's perf_event_paranoid of 3 and more asks for it all the same.
        const [major = 0, minor = 0] = release().split('.').map(Number);
        const paranoid = Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8'));
        const needed = major < 6 || (major === 6 && minor < 6) || paranoid > 2;
        expect((kept >> 21n) & 1n).toBe(needed ? 1n : 0n);
        expect(await running.finish()).toBe(0);
      });

      it('is dismissed like the other', async () => {
        let agent: Awaited<ReturnType<typeof dismissDialogsOf>> | undefined;
        const running = await call('ask', ['trace'], async (pid) => void (agent = await dismissDialogsOf(pid, polkit.users.ask.uid)));
        expect(await running.finish()).toBe(DISMISSED);
        expect(agent?.dismissed()).toBe(1);
        agent?.leave();
      });

      it('is refused to a user of no active session, without asking anybody', async () => {
        let agent: Awaited<ReturnType<typeof dismissDialogsOf>> | undefined;
        const running = await call('no', ['trace'], async (pid) => void (agent = await dismissDialogsOf(pid, polkit.users.no.uid)));
        expect(await running.finish()).toBe(NOT_AUTHORISED);
        expect(agent?.dismissed()).toBe(0);
        agent?.leave();
      });

      it.each([[['trace', 'more']], [['trace', 'profile']], [['trace', '']]])('refuses %j though polkit allows it', async (args) => {
        const running = await call('tracer', args);
        expect(await running.report()).toMatchObject({ entered: -22 });
        await running.finish();
      });
    });
  });

  describe.skipIf(unbuilt !== undefined)('with the helper, installed by install-helper', () => {
    beforeAll(async () => void (await installHelper('--yes')));
    afterAll(async () => void (await installHelper('--yes', '--uninstall')));

    it('has installed what only root can change', () => {
      const expected = [
        [INSTALLED, 0o755],
        [`${LIBEXEC}/on_cpu.bpf.o`, 0o644],
        [`${LIBEXEC}/off_cpu.bpf.o`, 0o644],
        [`${LIBEXEC}/function.bpf.o`, 0o644],
        [`${LIBEXEC}/ready.bpf.o`, 0o644],
        ...POLICIES.map((policy) => [policy, 0o644] as const),
        [LIBEXEC, 0o755],
      ] as const;
      for (const [path, mode] of expected) {
        const status = statSync(path);
        expect([path, status.uid, status.gid, status.mode & 0o7777]).toEqual([path, 0, 0, mode]);
      }
      expect(readFileSync(INSTALLED).equals(readFileSync(BUILT))).toBe(true);
    });

    it('says hello to the user allowed, and ends when stdin closes', async () => {
      const running = await call('yes');
      const hello = await running.until((output) => output.length >= 8 + 40);
      // wire.h: struct wire_header, then struct wire_hello
      expect([hello.readUInt16LE(4), hello.readUInt32LE(8), hello.readUInt32LE(12)]).toEqual([64, 0x52424d45, WIRE_PROTOCOL]);
      expect(hello.readUInt32LE(24)).toBe(polkit.users.yes.uid);
      const started = performance.now();
      expect(await running.finish()).toBe(0);
      expect(performance.now() - started).toBeLessThan(1000);
    });

    describe.skipIf(closed !== null)('the Doctor', () => {
      let home: string;
      beforeAll(async () => {
        home = await mkdtemp(join(tmpdir(), 'emberscope-doctor-'));
        await chmod(home, 0o777);
      });
      afterAll(() => rm(home, { recursive: true, force: true }));

      /** Its checks by name, and the exit code. */
      async function examine(user: Answer): Promise<{ code: number | null; checks: Map<string, DoctorCheck>; errors: string }> {
        const { uid, gid } = polkit.users[user];
        const environment = { HOME: home, XDG_STATE_HOME: join(home, user), XDG_CACHE_HOME: join(home, user) };
        const { code, output, errors } = await startCli(['doctor', '--json'], environment, { uid, gid }).result;
        const { checks } = output === '' ? { checks: [] } : (JSON.parse(output) as DoctorReport);
        return { code, errors, checks: new Map(checks.map((check) => [check.name, check])) };
      }

      it('asks a helper of whom polkit lets start it without a dialog', async () => {
        const { code, checks, errors } = await examine('yes');
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
        expect(checks.get('sampling')).toMatchObject({ state: 'available', detail: 'A helper tried all that it takes.' });
        expect(checks.get('rawTracepoints')!.state).toBe('available');
        expect(checks.get('traceAction')!.state).toBe('available');
      });

      it('leaves it at what it can see where that would ask for a password, and brings up no dialog', async () => {
        const { code, checks } = await examine('ask');
        expect(code).toBe(0);
        expect(checks.get('sampling')).toMatchObject({ state: 'available', detail: expect.stringContaining('asks for authentication') as string });
        expect(checks.get('rawTracepoints')).toMatchObject({ state: 'unknown', detail: expect.stringContaining('that would ask for a password') as string });
        expect(checks.get('helper')!.state).toBe('available');
      });
    });

    it('names its error when a second argument comes', async () => {
      const running = await call('yes', ['profile', 'more']);
      expect(await running.finish()).not.toBe(0);
      // struct wire_refused: REFUSED, MALFORMED
      expect([running.output.readUInt16LE(4), running.output.readUInt32LE(8)]).toEqual([77, 1]);
    });
  });

  it.skipIf(unbuilt !== undefined)('leaves nothing behind after --uninstall', async () => {
    await installHelper('--yes');
    const { stdout } = await installHelper('--yes', '--uninstall');
    expect(stdout).toContain('Removed.');
    expect([LIBEXEC, ...POLICIES].filter((path) => existsSync(path))).toEqual([]);
  });
});
