// SPDX-License-Identifier: Apache-2.0
/** Test only. Processes to pick from. */
import type { ProcessSummary } from '../../ipc/contract.ts';
import { hostileNames } from './fake-tree.ts';

const commands = ['postgres: writer process', 'node server.js --port 3000', 'nginx: worker process', 'python3 -m http.server', 'bash'];

/** @param tick how often they were listed before: their CPU moves with it. @param hostile some are named to do harm */
export function fakeProcesses(count: number, tick: number, hostile: boolean): ProcessSummary[] {
  return Array.from({ length: count }, (_, index) => {
    const wave = Math.abs(Math.sin(index * 1.7 + tick * (0.2 + (index % 5) / 10)));
    const isHostile = hostile && index < hostileNames.length;
    const commandLine = isHostile ? hostileNames[index]! : commands[index % commands.length]!;
    return {
      tgid: 4100 + index * 3,
      parentTgid: 1,
      startTicks: 1000 + index,
      name: isHostile ? hostileNames[index]!.slice(0, 15) : commandLine.split(/[ :]/)[0]!,
      commandLine: index % 17 === 5 ? '' : commandLine,
      user: index % 7 === 3 ? 'root' : 'ada',
      uid: index % 7 === 3 ? 0 : 1000,
      threads: 1 + ((index * 7) % 40),
      cpu: index < 9 ? wave * (9 - index) * 0.35 : index < 40 ? wave * 0.02 : 0,
      container: index % 11 === 2 ? 'docker' : null,
      cgroup: index % 11 === 2 ? '/system.slice/docker-7fe1.scope' : '',
      refusal: index % 7 === 3 ? 'It belongs to root, and the helper is not installed to ask for permission.' : null,
    };
  });
}
