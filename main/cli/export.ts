// SPDX-License-Identifier: Apache-2.0
/** `emberscope export`: a recording as a picture or as folded stacks. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { toFolded } from '../../formats/folded.ts';
import { toSvg } from '../../formats/svg.ts';
import { writtenWeights } from '../../profile/questions.ts';
import type { RecordingInfo } from '../../ipc/contract.ts';
import { FailureError, fileFailures } from '../engine/failures.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { ExitCode } from './exit-code.ts';
import { printable, type Terminal } from './terminal.ts';
import { checkOutput } from './values.ts';

export interface ExportOptions {
  format: 'svg' | 'folded';
  output?: string;
  force?: boolean;
  title?: string;
}

/** Whole or not at all: written beside its place, then renamed. */
function writeWhole(path: string, content: string): void {
  const partial = `${path}.part-${process.pid}`;
  try {
    writeFileSync(partial, content, { flag: 'wx' });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') {
      throw new FailureError({
        code: 'diskFull',
        message: `The disk is full, so ${path} was not written.`,
        remedy: 'Free some space, then export again; the recording is unharmed.',
      });
    }
    throw new FailureError(fileFailures.notWritable(path, message));
  }
}

/** Resolves once everything was taken; a reader that has enough (`| head`) is no failure. */
function writeOut(output: NodeJS.WritableStream, content: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EPIPE') return resolve();
      reject(
        new FailureError({
          code: 'notWritable',
          message: `Standard output cannot be written: ${error.message}.`,
          remedy: 'Name a file with --output.',
        }),
      );
    };
    output.once('error', failed);
    output.write(content, (error) => (error ? failed(error) : resolve()));
  });
}

function subtitleOf({ question, frequencyHz, host, startedAt }: RecordingInfo): string {
  const minute = new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ');
  return `${question}, ${frequencyHz} Hz · ${host} · ${minute} UTC`;
}

export async function exportRecording(
  file: string,
  options: ExportOptions,
  { terminal, openEngine }: { terminal: Terminal; openEngine: () => Promise<EngineApi> },
): Promise<ExitCode> {
  const toFile = options.output !== undefined && options.output !== '-';
  const output = toFile ? checkOutput(options.output!, options.force ?? false) : null;
  const engine = await openEngine();
  try {
    const recording = await engine.openRecording(file);
    if (recording.warning) terminal.errors.write(printable(`emberscope: ${file}: ${recording.warning}`) + '\n');
    const weights = writtenWeights(recording.info.question, recording.info.frequencyHz);
    const content =
      options.format === 'svg'
        ? toSvg(recording.tables, {
            title: options.title ?? recording.info.target,
            subtitle: subtitleOf(recording.info),
            weights,
          })
        : toFolded(recording.tables, { weights });
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
