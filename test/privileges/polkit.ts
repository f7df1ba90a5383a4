// SPDX-License-Identifier: Apache-2.0
/** A system bus and polkitd (the machine's own, or ones started here), test users, and the rule about them. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Bus } from './bus.ts';

const run = promisify(execFile);

const RULES = '/etc/polkit-1/rules.d';
const RULE = `${RULES}/00-emberscope-test.rules`;
/** Debian before and after 124, Fedora, Arch. */
const POLKITD = ['/usr/lib/polkit-1/polkitd', '/usr/libexec/polkitd', '/usr/libexec/polkit-1/polkitd'];
const NAME = 'org.freedesktop.PolicyKit1';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** What the rule says about each user. `ask` is what the policy itself says; to trace, `tracer` alone is allowed and `ask` is asked. */
export type Answer = 'yes' | 'no' | 'ask' | 'tracer';
const ANSWERS = ['yes', 'no', 'ask', 'tracer'] as const;

export interface Polkit {
  readonly users: Readonly<Record<Answer, User>>;
  readonly stop: () => Promise<void>;
}

/** Why polkit cannot be tested here, as a sentence; undefined: it can. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'installing a policy and adding test users take root';
  if (!existsSync('/usr/bin/pkexec')) return 'pkexec is not installed (package pkexec)';
  if (!POLKITD.some((path) => existsSync(path))) return 'polkitd is not installed (package polkitd)';
  if (!existsSync('/usr/bin/dbus-daemon')) return 'dbus-daemon is not installed (package dbus-daemon)';
  if (!existsSync('/usr/sbin/useradd')) return 'useradd is not installed (package passwd)';
  return undefined;
}

async function within(milliseconds: number, what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`${what} within ${milliseconds} ms`);
    await sleep(50);
  }
}

async function ownsName(): Promise<boolean> {
  const bus = await Bus.join(0);
  try {
    return await bus.hasOwner(NAME);
  } finally {
    bus.leave();
  }
}

const isBus = (): Promise<boolean> =>
  Bus.join(0).then(
    (bus) => (bus.leave(), true),
    () => false,
  );

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Starts what does not run already; gives back what was started. */
async function startDaemons(): Promise<ChildProcess[]> {
  const started: ChildProcess[] = [];
  if (!(await isBus())) {
    await mkdir('/run/dbus', { recursive: true });
    started.push(spawn('/usr/bin/dbus-daemon', ['--system', '--nofork', '--nopidfile'], { stdio: 'ignore' }));
    await within(5000, 'no system bus came up', isBus);
  }
  if (await ownsName()) {
    // It watches the folder of rules; there is no telling when it has read a new one.
    await sleep(2000);
  } else {
    const program = POLKITD.find((path) => existsSync(path)) ?? '';
    started.push(spawn(program, ['--no-debug'], { stdio: 'ignore' }));
    await within(10_000, 'polkitd did not come up', ownsName);
  }
  return started;
}

async function addUser(name: string): Promise<User> {
  await run('/usr/sbin/useradd', [
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/bin/sh',
    '--no-log-init',
    name,
  ]);
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, name])).stdout);
  return { name, uid: await id('-u'), gid: await id('-g') };
}

const rule = ({ yes, no, ask, tracer }: Record<Answer, User>): string => `
polkit.addRule(function (action, subject) {
  if (action.id === 'org.emberscope.trace') {
    if (subject.user === '${tracer.name}') return polkit.Result.YES;
    if (subject.user === '${ask.name}') return polkit.Result.AUTH_ADMIN;
    return polkit.Result.NOT_HANDLED;
  }
  if (action.id !== 'org.emberscope.profile') return polkit.Result.NOT_HANDLED;
  if (subject.user === '${yes.name}') return polkit.Result.YES;
  if (subject.user === '${no.name}') return polkit.Result.NO;
  return polkit.Result.NOT_HANDLED;
});
`;

export async function startPolkit(): Promise<Polkit> {
  const users: Partial<Record<Answer, User>> = {};
  const started: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) await end(child);
    await rm(RULE, { force: true });
    for (const user of Object.values(users)) await run('/usr/sbin/userdel', ['--force', user.name]);
  };
  try {
    for (const answer of ANSWERS) users[answer] = await addUser(`ember-${answer}-${process.pid}`);
    const found = users as Record<Answer, User>;
    await mkdir(RULES, { recursive: true });
    await writeFile(RULE, rule(found), { mode: 0o644 });
    started.push(...(await startDaemons()));
    return { users: found, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
