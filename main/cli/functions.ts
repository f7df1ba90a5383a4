// SPDX-License-Identifier: Apache-2.0
/** `emberscope functions`: what can be traced, and why not. Needs no helper and no privileges, though root sees more. */
import type { TraceableFunction } from '../../ipc/contract.ts';
import { FailureError, probeFailures } from '../engine/failures.ts';
import { Catalogue } from '../engine/functions/catalogue.ts';
import { ExitCode } from './exit-code.ts';
import { writeOut } from './result-output.ts';
import { count, printable, type Terminal } from './terminal.ts';
import { startTicks } from './values.ts';

export interface FunctionsOptions {
  pid?: number[];
  most: number;
  json?: boolean;
}

/** @throws FailureError noSuchProcess, noSuchFunction */
export async function functions(pattern: string, options: FunctionsOptions, { terminal }: { terminal: Terminal }): Promise<ExitCode> {
  for (const pid of options.pid ?? []) startTicks(pid);
  const found = await new Catalogue().list({ pattern, tgids: options.pid ?? [], most: options.most });
  if (options.json) {
    const rows = found.functions.map(({ name, module, kind, available, why }) => ({ name, module, kind, available, why }));
    await writeOut(terminal.output, `${JSON.stringify(rows, null, 2)}\n`);
    return ExitCode.ok;
  }
  if (found.matched === 0) throw new FailureError(probeFailures.noSuchFunction(pattern, found.incomplete));
  await writeOut(terminal.output, printable(found.functions.map(lineOf).join('')));
  const { length } = found.functions;
  if (found.matched > length) terminal.errors.write(`The best ${count(length)} of ${count(found.matched)}; --most shows more of each kind.\n`);
  if (found.incomplete) terminal.errors.write(printable(`${found.incomplete}\n`));
  return ExitCode.ok;
}

function lineOf({ name, symbol, kind, module, available, why, arguments: list, returns }: TraceableFunction): string {
  const types = list === null ? '' : `(${list.map((each) => `${each.type} ${each.name}`.replace('* ', '*')).join(', ')})`;
  const result = returns === null || kind === 'tracepoint' ? '' : ` -> ${returns}`;
  const where = module === '' || module === 'kernel' ? kind : `${kind} in ${module}`;
  const reason = why === '' ? '' : `\n    ${available ? '' : 'not available: '}${why}`;
  return `${name}${types}${result}\n    ${where}${symbol === name ? '' : `, as ${symbol}`}${reason}\n`;
}
