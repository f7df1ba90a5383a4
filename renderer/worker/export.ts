// SPDX-License-Identifier: Apache-2.0
/** What is shown, as a job for another thread: samples, names, range, threads, zoom and what is collapsed as in the picture. */
import type { WrittenFormat } from '../../formats/write/format-names.ts';
import { writeFormat, type WriteOptions } from '../../formats/write/write-format.ts';
import { writtenWeights } from '../../profile/questions.ts';
import { createTables, rowCounts, segmentsSince, appendSegments, type Segment } from '../../profile/tables.ts';
import type { View } from './protocol.ts';
import type { Replica } from './replica.ts';

/** Crosses to the thread; the columns of the segments are its own. */
export interface ExportJob {
  format: WrittenFormat;
  segments: Segment[];
  options: WriteOptions;
}

export type ExportContent = string | Uint8Array<ArrayBuffer>;

/** The tables that an export reads. */
const NEEDED: ReadonlySet<string> = new Set(['strings', 'modules', 'processes', 'threads', 'functions', 'frames', 'symbols', 'stacks', 'samples']);

export function exportJob(replica: Replica, view: View, format: WrittenFormat, title: string): ExportJob {
  const { tree, followed, filter, info, figures } = replica;
  const { question, frequencyHz, host, kernel, startedAt, target } = info ?? { question: 'on-cpu', frequencyHz: 1, host: '', kernel: '', startedAt: 0, target: title };
  const zoom = tree.path(followed.resolve(view.zoom)).slice(1).map((node) => tree.key(node));
  return {
    format,
    segments: segmentsSince(replica.foldedTables(), rowCounts(createTables())).filter(({ table }) => NEEDED.has(table)),
    options: {
      filter,
      zoom,
      collapse: tree.collapse,
      weights: writtenWeights(question, frequencyHz, replica.kinds),
      title,
      origin: { target, question, frequencyHz, host, kernel, startedAt, durationNs: figures?.durationNs ?? 0 },
      ...(info ? {} : { subtitle: '' }),
    },
  };
}

/** What can be handed over with a job instead of copied. */
export function transferOf({ segments }: ExportJob): ArrayBuffer[] {
  return segments.flatMap(({ columns }) => Object.values(columns).flatMap((column) => (ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : [])));
}

export function runExport({ format, segments, options }: ExportJob): Promise<ExportContent> {
  const tables = createTables();
  appendSegments(tables, segments);
  return writeFormat(format, tables, options);
}
