// SPDX-License-Identifier: Apache-2.0
/** What Emberscope runs on. */
import type { DoctorCheck } from '../../../ipc/contract.ts';
import { available, check, isBefore, limited, unavailable, type Finding } from './check.ts';
import type { Machine } from './machine.ts';

export function computerChecks(machine: Machine): DoctorCheck[] {
  return [
    check('computer', 'kernel', 'Linux kernel', 'Kernels from 5.10 on are supported.', kernel(machine)),
    check('computer', 'container', 'Container', 'The helper sees the whole computer only from the host.', container(machine)),
    check('computer', 'shell', 'Window', 'What shows the window.', shell(machine)),
    check('computer', 'node', 'Node.js', 'Runs the engine.', available(`Version ${machine.node}.`)),
  ];
}

function kernel({ release, options }: Machine): Finding {
  const configuration = options === null ? 'its configuration cannot be read' : 'its configuration can be read';
  if (isBefore(release, 5, 10)) return unavailable(`${release} is older than 5.10.`, 'Use a kernel of version 5.10 or later.');
  return available(`${release}; ${configuration}.`);
}

function container({ container: name, seesAll }: Machine): Finding {
  if (name === null) return available('Emberscope runs in none.');
  if (seesAll) return available(`Emberscope runs in one (${name}), but sees every process of this computer.`);
  return limited(`Emberscope runs in one (${name}): other containers and the host are out of sight, and the kernel may refuse BPF.`, 'Run Emberscope on the host.');
}

function shell({ shell: kind, shellReason, electron }: Machine): Finding {
  if (kind === null) return available('None: this is the command line.');
  if (kind === 'electron') return available(`Electron ${electron ?? ''}`.trim() + '.');
  return available(`An installed Chromium${shellReason ? ` (${shellReason.replace(/\.$/, '')})` : ''}.`);
}
