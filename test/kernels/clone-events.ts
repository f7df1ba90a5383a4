// SPDX-License-Identifier: Apache-2.0
/** The classic first program: every sys_clone with its arguments, while a shell in the guest runs commands. */
import { ProbeFlag, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import { failed, works, type Feature } from './feature.ts';
import { ProbeRun } from './probe-run.ts';
import { endProbing } from './probing.ts';

const COMMANDS = 10;
/** SIGCHLD, in the lowest byte of clone's flags: it is what a parent is told by. */
const SIGCHLD = 17n;

export const cloneEvents: Feature = {
  name: 'events: sys_clone while a shell runs commands',
  short: true,
  async run(guest) {
    await endProbing(guest);
    await using run = await ProbeRun.open(guest, []);
    const { probe, mechanism } = await run.attach({
      kind: WireProbeKind.kernel,
      names: ['__x64_sys_clone'],
      flags: ProbeFlag.syscall | ProbeFlag.events | ProbeFlag.pairEvents,
      measure: WireMeasure.count,
    });
    const shell = guest.run('/bin/sh', '-c', `for i in $(seq ${COMMANDS}); do /bin/busybox true; done`);
    const number = await shell.pid;
    await shell.exited;
    await run.detach(probe);
    const { dropped = -1, lost = -1 } = run.figures(probe) ?? {};
    const events = run.events(probe).filter(({ tgid }) => tgid === number);
    // The shell also starts seq; where it only forks, clone is what the library calls.
    const wrong = events.filter(
      (event) => event.tid !== number || event.cpu !== 0 || event.value <= 0n || (event.arguments[0]! & 0xffn) !== SIGCHLD || event.durationNs <= 0,
    );
    const figures = `${events.length} events of ${COMMANDS + 1} commands, ${wrong.length} of them wrong, ${dropped} dropped, ${lost} lost, by ${mechanism}`;
    return events.length === COMMANDS + 1 && wrong.length === 0 && dropped === 0 && lost === 0 ? works(figures) : failed(figures);
  },
};
