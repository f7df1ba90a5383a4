// SPDX-License-Identifier: Apache-2.0
/** An authentication agent whose user dismisses every dialog. */
import { readFileSync } from 'node:fs';
import { Bus } from './bus.ts';

const PATH = '/org/emberscope/TestAgent';

/** Field 22 of /proc/PID/stat; the name before it may hold anything, even blanks. */
function startTime(pid: number): bigint {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return BigInt(fields[19] ?? 0);
}

export interface Agent {
  /** Dialogs that were dismissed. */
  readonly dismissed: () => number;
  readonly leave: () => void;
}

/** Registers for what the process `pid` of user `uid` starts. */
export async function dismissDialogsOf(pid: number, uid: number): Promise<Agent> {
  const bus = await Bus.join(uid);
  let dismissed = 0;
  bus.onCall = (call) => {
    if (call.member === 'BeginAuthentication') dismissed++;
    bus.fail(call, 'org.freedesktop.PolicyKit1.Error.Cancelled');
  };
  await bus.call(
    'org.freedesktop.PolicyKit1',
    '/org/freedesktop/PolicyKit1/Authority',
    'org.freedesktop.PolicyKit1.Authority',
    'RegisterAuthenticationAgent',
    '(sa{sv})ss',
    (body) =>
      body
        .align(8)
        .string('unix-process')
        .array((entries) => {
          entries.align(8).string('pid').signature('u').integer(pid, 4);
          entries.align(8).string('start-time').signature('t').integer(startTime(pid), 8);
        })
        .string('C')
        .string(PATH),
  );
  return { dismissed: () => dismissed, leave: () => bus.leave() };
}
