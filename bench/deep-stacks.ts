// SPDX-License-Identifier: Apache-2.0
/** A made-up recording as large as people complain about: many stacks thirty frames deep, of which each is told apart. */
import { RecordingStore } from '../main/engine/recordings/store.ts';
import { seededRandom } from '../profile/comparison/distributions.ts';
import { SampleKind } from '../profile/schema.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../profile/tables.ts';
import { NONE } from '../profile/units.ts';

export const FUNCTIONS = 4_000;
export const SECONDS = 60;
const DEPTH = 30;
/** Samples for which a program stays in a stack, where it goes on from one to a near one. */
const STAY = 5;

/**
 * Stacks that leave older ones somewhere on their way, and samples spread over a minute; of one seed always the same.
 * @param order of the samples' stacks: by chance, or each beside one that it shares most of its frames with
 */
export function deepStacks(seed: number, stacks: number, samples: number, order: 'chance' | 'near' = 'chance'): Tables {
  const random = seededRandom(seed);
  const tables = createTables();
  const { strings, functions, frames, symbols } = tables;
  for (let row = 0; row < FUNCTIONS; row++) {
    const name = strings.append({ text: `namespace_${row % 37}::function_${row.toString(36)}` });
    functions.append({ name, module: NONE, file: 0, line: 0 });
    frames.append({ module: NONE, offset: row * 64, category: 0 });
    symbols.append({ frame: row, depth: 0, function: row, file: 0, line: 0 });
  }
  const depths: number[] = [];
  const leaves: number[] = [];
  const children: number[][] = [];
  for (let stack = 0; stack < stacks; stack++) {
    const older = Math.floor(random() * stack);
    children.push([]);
    if (stack > 0) children[older]!.push(stack);
    let at = stack === 0 ? NONE : leaves[older]!;
    const depth = Math.max(4, Math.round(DEPTH + (random() + random() - 1) * 20));
    const keep = Math.floor(depth * Math.sqrt(random()));
    while (at !== NONE && depths[at]! > keep) at = tables.stacks.columns.prefix[at]!;
    for (let made = at === NONE ? 0 : depths[at]!; made < depth; made++) {
      at = tables.stacks.append({ prefix: at, frame: Math.floor(random() ** 3 * FUNCTIONS), end: 0 });
      depths[at] = made + 1;
    }
    leaves.push(at);
  }
  tables.processes.append({ tgid: 1, parent: NONE, name: 0, start: 0 });
  tables.threads.append({ process: 0, tid: 1, name: 0 });
  const walk = order === 'near' ? branchByBranch(children) : null;
  for (let sample = 0; sample < samples; sample++) {
    const slice = Math.floor((sample * SECONDS * 50) / samples);
    const stack = walk ? walk[Math.floor(sample / STAY) % stacks]! : Math.floor(random() ** 2 * stacks);
    tables.samples.append({ slice, thread: 0, stack: leaves[stack]!, kind: SampleKind.onCpu, weight: 1 });
  }
  return tables;
}

/** All from 0 on, each behind the one that it is a child of, or behind the last below an earlier child. */
function branchByBranch(children: readonly number[][]): number[] {
  const order: number[] = [];
  const open = [0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    order.push(at);
    open.push(...children[at]!);
  }
  return order;
}

/** speedscope's JSON with a list for every sample, as samplers write it. */
export function speedscopeJson({ samples, stacks, strings, functions }: Tables): string {
  const { prefix, frame } = stacks.columns;
  const lists = new Map<number, string>();
  const listOf = (leaf: number): string => {
    let list = lists.get(leaf);
    if (list === undefined) {
      const frames: number[] = [];
      for (let at = leaf; at !== NONE; at = prefix[at]!) frames.push(frame[at]!);
      lists.set(leaf, (list = `[${frames.reverse().join()}]`));
    }
    return list;
  };
  const all = Array.from({ length: samples.length }, (_, row) => row);
  const names = Array.from({ length: functions.length }, (_, row) => ({ name: strings.columns.text[functions.columns.name[row]!]! }));
  const weights = all.map((row) => samples.columns.weight[row]!);
  const head = `{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":${JSON.stringify(names)}},"profiles":[{"type":"sampled","name":"deep stacks","unit":"none","startValue":0`;
  return `${head},"endValue":${weights.reduce((sum, weight) => sum + weight, 0)},"samples":[${all.map((row) => listOf(samples.columns.stack[row]!)).join()}],"weights":[${weights.join()}]}]}`;
}

/** As a finished recording of `samples` samples. */
export async function writeRecording(path: string, tables: Tables, samples: number): Promise<void> {
  const store = RecordingStore.create(path, {
    application: 'bench', target: 'deep stacks', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: 'here', kernel: '6.18', cpus: 2,
    settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: SECONDS * 1e9, sliceEnd: SECONDS * 50,
    ledger: { fired: samples, notOurs: 0, stored: samples, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 },
  });
  store.append(segmentsSince(tables, rowCounts(createTables())), {});
  await store.finish(tables, { endReason: 'asked', endMessage: '' });
}
