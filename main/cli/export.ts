// SPDX-License-Identifier: Apache-2.0
/** `emberscope export`: a recording as a picture, or in another tool's format. */
import { formatOfName, formatWords, WRITTEN_FORMATS, type WrittenFormat } from '../../formats/write/format-names.ts';
import { writeFormat } from '../../formats/write/write-format.ts';
import { writtenWeights } from '../../profile/questions.ts';
import type { RecordingInfo } from '../../ipc/contract.ts';
import { ExitCode } from './exit-code.ts';
import { checkResult, writeOut, writeWhole } from './result-output.ts';
import type { Surroundings } from './surroundings.ts';
import { printable } from './terminal.ts';
import { usage } from './values.ts';

export interface ExportOptions {
  /** By the ending of `output` where it is not given. */
  format?: WrittenFormat;
  output?: string;
  force?: boolean;
  title?: string;
}

/** @throws FailureError usage: neither the option nor the file's name says it. */
function formatOf({ format, output }: ExportOptions): WrittenFormat {
  const found = format ?? (output === undefined ? null : formatOfName(output));
  if (found !== null) return found;
  const all = WRITTEN_FORMATS.join(', ');
  if (output === undefined || output === '-') throw usage('There is no file whose name would say the format.', `Choose one with --format: ${all}.`);
  const endings = WRITTEN_FORMATS.map((each) => `.${formatWords[each].endings[0]}`).join(', ');
  throw usage(`The name ${output} does not say in which format to write.`, `Choose one with --format (${all}), or an ending: ${endings}.`);
}

function subtitleOf({ question, frequencyHz, host, startedAt }: RecordingInfo): string {
  const minute = new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ');
  // Another tool's file may say neither.
  const rate = frequencyHz > 0 ? `, ${frequencyHz} Hz` : '';
  return [`${question}${rate}`, host, `${minute} UTC`].filter((part) => part !== '').join(' · ');
}

export async function exportRecording(
  file: string,
  options: ExportOptions,
  { terminal, openEngine }: Surroundings,
): Promise<ExitCode> {
  const format = formatOf(options);
  const toFile = options.output !== undefined && options.output !== '-';
  const output = toFile ? checkResult(options.output!, options.force ?? false) : null;
  if (!toFile && terminal.output.isTTY === true && formatWords[format].isBinary) {
    throw usage(`${formatWords[format].title} is no text for a terminal.`, 'Name a file with --output, or send it to another program.');
  }
  const engine = await openEngine();
  try {
    const { tables, info, figures, warning } = await engine.openRecording(file);
    if (warning) terminal.errors.write(printable(`emberscope: ${file}: ${warning}`) + '\n');
    const content = await writeFormat(format, tables, {
      origin: { ...info, durationNs: figures.durationNs },
      title: options.title ?? info.target,
      subtitle: subtitleOf(info),
      weights: writtenWeights(info.question, info.frequencyHz),
    });
    if (output === null) {
      await writeOut(terminal.output, content);
    } else {
      writeWhole(output, content);
      terminal.errors.write(printable(output) + '\n');
    }
    return ExitCode.ok;
  } finally {
    await engine.close();
  }
}
