// SPDX-License-Identifier: Apache-2.0
/** `emberscope doctor`: what this computer can do, for people or as JSON. */
import type { DoctorCheck, DoctorGroup, DoctorReport } from '../../ipc/contract.ts';
import { ExitCode } from './exit-code.ts';
import { writeOut } from './result-output.ts';
import type { Surroundings } from './surroundings.ts';
import { printable, type Terminal } from './terminal.ts';
import { startTicks } from './values.ts';

/** @throws FailureError noSuchProcess */
export async function doctor(options: { pid?: number; json?: boolean }, { terminal, openEngine }: Surroundings): Promise<ExitCode> {
  if (options.pid !== undefined) startTicks(options.pid);
  const engine = await openEngine();
  try {
    const report = await engine.doctor(options.pid ?? null, false);
    await writeOut(terminal.output, options.json ? `${JSON.stringify(report, null, 2)}\n` : describeReport(report, isColourful(terminal)));
    return canSample(report) ? ExitCode.ok : ExitCode.unable;
  } finally {
    await engine.close();
  }
}

/** The check "sampling" is the sum of what it takes. */
export function canSample({ checks }: DoctorReport): boolean {
  const sum = checks.find(({ name }) => name === 'sampling')?.state;
  return sum === 'available' || sum === 'limited';
}

/** NO_COLOR: no-color.org */
function isColourful({ output }: Terminal): boolean {
  return (output as { isTTY?: boolean }).isTTY === true && !process.env['NO_COLOR'];
}

const groups: Record<DoctorGroup, string> = {
  sampling: 'Sampling',
  tracing: 'Tracing',
  permission: 'Permission',
  names: 'Names',
  computer: 'Computer',
};

/** Codes of a terminal: green, yellow, red, and none. */
const colours: Record<DoctorCheck['state'], string> = { available: '32', limited: '33', unavailable: '31', unknown: '' };
const STATE_WIDTH = 'unavailable'.length + 2;

export function describeReport({ kernel, checks }: DoctorReport, colourful: boolean): string {
  const lines = [printable(`Linux ${kernel}`)];
  const indent = ' '.repeat(STATE_WIDTH + 2);
  for (const group of Object.keys(groups) as DoctorGroup[]) {
    lines.push('', groups[group]);
    for (const { state, title, detail, remedy } of checks.filter((check) => check.group === group)) {
      const word = state.padEnd(STATE_WIDTH);
      const colour = colourful ? colours[state] : '';
      lines.push(`  ${colour ? `\x1b[${colour}m${word}\x1b[0m` : word}${printable(title)}`);
      for (const more of [detail, remedy && `-> ${remedy}`]) if (more) lines.push(indent + printable(more));
    }
  }
  return `${lines.join('\n')}\n`;
}
