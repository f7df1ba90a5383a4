// SPDX-License-Identifier: Apache-2.0
/** `emberscope import`: another tool's file becomes a recording. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FormatName, WeightUnit } from '../../formats/read/format.ts';
import { failureOf } from '../engine/failures.ts';
import { importInThread, type ImportSummary } from '../engine/recordings/importing.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import type { Interrupts } from './interrupt.ts';
import { count, duration, formatFailure, percent, printable, ProgressLine, type Terminal } from './terminal.ts';
import { checkOutput, usage } from './values.ts';

export interface ImportOptions {
  output?: string;
  format?: FormatName;
  unit?: WeightUnit;
  event?: string;
  force?: boolean;
}

/** What is shown of the weights: samples, time or memory. */
function amount({ question, samples, weight }: ImportSummary): string {
  if (question === 'memory') return `${(weight / 2 ** 20).toFixed(1)} MiB`;
  const parts = [samples > 0 ? `${count(samples)} samples` : '', weight > 0 ? `${duration(weight)} of waiting` : ''];
  return parts.filter(Boolean).join(', ');
}

const many = (quantity: number, what: string): string => `${count(quantity)} ${what}${quantity === 1 ? '' : 's'}`;

function summaryLines(summary: ImportSummary, output: string): string[] {
  const { title, stacks, functions, threads, notes } = summary;
  return [
    `imported    ${title}: ${amount(summary)}`,
    `            ${many(stacks, 'frame')} of stacks, ${many(functions, 'function')}, ${many(threads, 'thread')}`,
    ...notes.map((note) => `            ${note}`),
    `recording   ${output}`,
  ];
}

/** Where each file goes: into a folder by its own name, or, when it is alone, where it was said. @throws FailureError */
function outputsOf(files: readonly string[], { output, force = false }: ImportOptions): { file: string; output: string }[] {
  if (files.includes('-')) throw usage('Standard input cannot be imported: a file is read twice, to tell what it is.', 'Write it to a file, and import that.');
  if (output === undefined) throw usage('Nothing says where the recording should go.', 'Name a file with --output FILE.ember.');
  const isFolder = statSync(output, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (files.length > 1 && !isFolder) throw usage('Several files cannot become one recording.', 'Name a folder that is there with --output, or import them one by one.');
  const places = files.map((file) => ({ file, output: isFolder ? join(output, `${basename(file)}.ember`) : output }));
  const twice = places.find(({ output: place }, at) => places.findIndex((other) => other.output === place) < at);
  if (twice) throw usage(`Two of the files would become ${twice.output}.`, 'Import them into different folders, or one by one.');
  return places.map((place) => ({ ...place, output: checkOutput(place.output, force) }));
}

export async function importRecordings(
  files: readonly string[],
  options: ImportOptions,
  { terminal, interrupts }: { terminal: Terminal; interrupts: Interrupts },
): Promise<ExitCode> {
  const cancel = new AbortController();
  interrupts.onFirst(() => cancel.abort());
  const progress = new ProgressLine(terminal);
  const { format, unit, event, force = false } = options;
  let code: ExitCode = ExitCode.ok;
  for (const { file, output } of outputsOf(files, options)) {
    try {
      const summary = await importInThread(file, output, {
        ...(format ? { format } : {}),
        ...(unit ? { unit } : {}),
        ...(event === undefined ? {} : { event }),
        replace: force,
        signal: cancel.signal,
        onProgress: (doneBytes, totalBytes) => progress.show(`importing ${file}: ${percent(doneBytes, totalBytes)}`),
      });
      progress.clear();
      terminal.errors.write(printable(summaryLines(summary, output).join('\n')) + '\n');
    } catch (error) {
      progress.clear();
      if (cancel.signal.aborted) {
        terminal.errors.write(formatFailure({ code: 'cancelled', message: `Importing ${file} was cancelled.`, remedy: 'Nothing of it was kept.' }));
        return ExitCode.interrupted;
      }
      const failure = failureOf(error);
      terminal.errors.write(formatFailure(failure));
      if (code === ExitCode.ok) code = exitCodeOf(failure);
    }
  }
  return code;
}
