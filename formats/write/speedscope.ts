// SPDX-License-Identifier: Apache-2.0
/**
 * speedscope's own JSON (speedscope src/lib/file-format-spec.ts): a sampled profile a thread, the heaviest first, its
 * samples in order of time.
 *
 * A frame is a function, with the line of its definition: by the line of each call one function would be many there.
 * Where no source file is known its module stands for it, as in speedscope's own importer of perf.
 */
import type { Key } from '../../profile/frame-keys.ts';
import { modulePath } from '../../profile/names.ts';
import type { WrittenUnit } from '../../profile/questions.ts';
import type { Tables } from '../../profile/tables.ts';
import type { StackIndex } from '../../profile/units.ts';
import { printable } from '../printable.ts';
import { SAMPLES, type Selection } from '../selection.ts';
import type { Origin } from './origin.ts';
import { StackPlaces, type Call } from './stack-places.ts';
import { ownerOf, timeStacks, type Owner, type TimedStack } from './weighed-stacks.ts';

const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

const units: Readonly<Record<WrittenUnit, string>> = { samples: 'none', µs: 'microseconds', bytes: 'bytes' };

interface Frame {
  name: string;
  file?: string;
  line?: number;
}

/** Without a selected sample it has one empty profile, since speedscope opens none without any. */
export function toSpeedscope(tables: Tables, { target }: Pick<Origin, 'target'>, selection: Selection = {}): string {
  const unit = units[(selection.weights ?? SAMPLES).unit];
  const frames = new FrameList(tables, selection);
  const threads = [...timeStacks(tables, selection)].map(([thread, rows]) => ({ rows, name: ownerWords(ownerOf(tables, thread, selection)), weight: sumOf(rows) }));
  const profiles = threads.sort((a, b) => b.weight - a.weight).map(({ rows, name, weight }) => profileText(name, unit, weight, rows, frames));
  if (profiles.length === 0) profiles.push(profileText(printable(target), unit, 0, [], frames));
  const head = `{"$schema":${JSON.stringify(SCHEMA)},"exporter":"Emberscope","name":${JSON.stringify(printable(target))},"activeProfileIndex":0`;
  return `${head},\n"profiles":[\n${profiles.join(',\n')}\n],\n"shared":{"frames":[\n${frames.frames.map((frame) => JSON.stringify(frame)).join(',\n')}\n]}}\n`;
}

function ownerWords({ processName, pid, threadName, tid }: Owner): string {
  const process = pid === 0 ? processName : `${processName} ${pid}`;
  return tid === 0 ? process : `${process} · ${threadName === '' ? 'thread' : threadName} ${tid}`;
}

const sumOf = (rows: readonly TimedStack[]): number => rows.reduce((sum, { weight }) => sum + weight, 0);

function profileText(name: string, unit: string, weight: number, rows: readonly TimedStack[], frames: FrameList): string {
  const samples = rows.map(({ stack }) => frames.listOf(stack)).join(',');
  const weights = rows.map((row) => row.weight).join(',');
  return `{"type":"sampled","name":${JSON.stringify(name)},"unit":"${unit}","startValue":0,"endValue":${weight},\n"samples":[${samples}],\n"weights":[${weights}]}`;
}

class FrameList {
  readonly frames: Frame[] = [];
  readonly #tables: Tables;
  readonly #places: StackPlaces;
  readonly #rows = new Map<Key, Map<string, number>>();
  /** Lists as they are written. */
  readonly #lists = new Map<StackIndex, string>();

  constructor(tables: Tables, { collapse }: Selection) {
    this.#tables = tables;
    this.#places = new StackPlaces(tables, collapse);
  }

  listOf(stack: StackIndex): string {
    let list = this.#lists.get(stack);
    if (list === undefined) {
      const rows = this.#places.of(stack).flatMap(({ calls }) => calls.map((call) => this.#row(call)));
      this.#lists.set(stack, (list = `[${rows.join(',')}]`));
    }
    return list;
  }

  #row({ key, name, file, module, definedAt }: Call): number {
    let byFile = this.#rows.get(key);
    if (!byFile) this.#rows.set(key, (byFile = new Map()));
    let row = byFile.get(file);
    if (row === undefined) {
      byFile.set(file, (row = this.frames.length));
      const where = file === '' ? printable(modulePath(this.#tables, module)) : file;
      this.frames.push({ name, ...(where !== '' && { file: where }), ...(file !== '' && definedAt > 0 && { line: definedAt }) });
    }
    return row;
  }
}
