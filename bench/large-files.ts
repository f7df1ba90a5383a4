// SPDX-License-Identifier: Apache-2.0
/** Files of other tools of any size, written piece by piece: the samples of a recording, one after the other, and again from the first. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ProtobufWriter } from '../formats/write/protobuf.ts';
import type { FormatName } from '../formats/read/format.ts';
import type { Tables } from '../profile/tables.ts';
import { NONE } from '../profile/units.ts';

const PIECE_BYTES = 1 << 20;
/** Of a tree of calls as V8 writes it; a program that runs for hours has no more. */
const MOST_NODES = 1_000_000;
/** Microseconds between two samples. */
const INTERVAL = 1000;

type Pieces = Generator<string | Uint8Array, void, undefined>;

/** What a file is made of. */
class Samples {
  readonly tables: Tables;
  readonly names: readonly string[];
  #row = 0;
  #last = NONE;

  constructor(tables: Tables) {
    this.tables = tables;
    const { functions, strings } = tables;
    this.names = Array.from({ length: functions.length }, (_, row) => strings.columns.text[functions.columns.name[row]!]!);
  }

  /** Of the next sample; begins anew behind the last. */
  nextStack(): number {
    const { samples } = this.tables;
    return samples.columns.stack[this.#row++ % samples.length]!;
  }

  /** Of the next one that is another than the last, for formats that sum them up, and for many stacks in few bytes. */
  nextOther(): number {
    const before = this.#last;
    while (this.#last === before) this.#last = this.nextStack();
    return this.#last;
  }

  /** Each with a function of the same number; the innermost first. */
  framesOf(stack: number): number[] {
    const { prefix, frame } = this.tables.stacks.columns;
    const frames: number[] = [];
    for (let at = stack; at !== NONE; at = prefix[at]!) frames.push(frame[at]!);
    return frames;
  }
}

function* folded(samples: Samples, bytes: number): Pieces {
  for (let left = bytes; left > 0; ) {
    const line = `program;${samples.framesOf(samples.nextOther()).reverse().map((frame) => samples.names[frame]).join(';')} 1\n`;
    left -= line.length;
    yield line;
  }
}

function* perfScript(samples: Samples, bytes: number): Pieces {
  let time = 0;
  for (let left = bytes; left > 0; time += INTERVAL) {
    const lines = samples.framesOf(samples.nextOther()).map((frame) => `\t    ${(0x55d0_c0de_0000 + frame * 64).toString(16)} ${samples.names[frame]}+0x1c (/usr/bin/program)\n`);
    const text = `program  4121 [001] ${(4000 + time / 1e6).toFixed(6)}:    1000000 cpu-clock:pppH: \n${lines.join('')}\n`;
    left -= text.length;
    yield text;
  }
}

function* speedscope(samples: Samples, bytes: number): Pieces {
  const frames = JSON.stringify(samples.names.map((name) => ({ name })));
  yield `{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{"frames":${frames}},"profiles":[{"type":"sampled","name":"program","unit":"none","startValue":0,"samples":[`;
  let count = 0;
  for (let left = bytes - frames.length; left > 0; count++) {
    const list = `${count > 0 ? ',' : ''}[${samples.framesOf(samples.nextStack()).reverse().join()}]`;
    // A weight takes two more.
    left -= list.length + 2;
    yield list;
  }
  yield `],"weights":[1`;
  for (let sample = 1; sample < count; sample++) yield ',1';
  yield `],"endValue":${count}}]}`;
}

/** A node a call, then the node of each sample: the nearest one to its end that is there. */
function* cpuprofile(samples: Samples, bytes: number): Pieces {
  const { prefix, frame } = samples.tables.stacks.columns;
  const nodes = Math.min(MOST_NODES, samples.tables.stacks.length);
  let left = bytes;
  yield '{"nodes":[{"id":1,"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1}}';
  for (let row = 0; row < nodes; row++) {
    const call = { functionName: samples.names[frame[row]!]!, scriptId: '72', url: `file:///srv/program/lib/part-${frame[row]! % 64}.js`, lineNumber: frame[row]!, columnNumber: 12 };
    const caller = prefix[row]!;
    const node = `,${JSON.stringify({ id: row + 2, callFrame: call, hitCount: 1, parent: caller === NONE ? 1 : caller + 2 })}`;
    left -= node.length;
    yield node;
  }
  yield '],"startTime":1000000,"samples":[1';
  let count = 1;
  for (; left > 0; count++) {
    let at = samples.nextStack();
    for (; at >= nodes; at = prefix[at]!);
    const id = `,${at + 2}`;
    left -= id.length + `,${INTERVAL}`.length;
    yield id;
  }
  yield `],"timeDeltas":[0`;
  for (let sample = 1; sample < count; sample++) yield `,${INTERVAL}`;
  yield `],"endTime":${1_000_000 + count * INTERVAL}}`;
}

/** Not compressed: what is read is the same, and gzip would be most of the time. */
function* pprof(samples: Samples, bytes: number): Pieces {
  const piece = (write: (out: ProtobufWriter) => void): Uint8Array => {
    const out = new ProtobufWriter();
    write(out);
    return out.bytes;
  };
  yield piece((out) => out.message(1, (type) => (type.integer(1, 1), type.integer(2, 2))));
  for (let left = bytes; left > 0; ) {
    const some = piece((out) => {
      for (let i = 0; i < 1000; i++) {
        out.message(2, (sample) => {
          sample.integers(1, samples.framesOf(samples.nextOther()).map((frame) => frame + 1));
          sample.integers(2, [1]);
        });
      }
    });
    left -= some.length;
    yield some;
  }
  yield piece((out) => {
    samples.names.forEach((_, row) => {
      out.message(4, (location) => {
        location.integer(1, row + 1);
        location.integer(3, 0x40_0000 + row * 64);
        location.message(4, (line) => line.integer(1, row + 1));
      });
      out.message(5, (call) => (call.integer(1, row + 1), call.integer(2, row + 3)));
    });
    // Texts are counted from the empty one on, which is not left out in a list.
    for (const text of ['', 'samples', 'count', ...samples.names]) out.text(6, text);
  });
}

const makers: Readonly<Record<FormatName, (samples: Samples, bytes: number) => Pieces>> = { folded, 'perf-script': perfScript, speedscope, cpuprofile, pprof };

function* joined(pieces: Pieces): Generator<Buffer> {
  let texts: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (typeof piece !== 'string') {
      yield Buffer.from(piece);
      continue;
    }
    texts.push(piece);
    length += piece.length;
    if (length < PIECE_BYTES) continue;
    yield Buffer.from(texts.join(''));
    texts = [];
    length = 0;
  }
  yield Buffer.from(texts.join(''));
}

/** About `bytes` long. */
export async function writeLargeFile(path: string, format: FormatName, tables: Tables, bytes: number): Promise<void> {
  await pipeline(Readable.from(joined(makers[format](new Samples(tables), bytes)), { objectMode: true }), createWriteStream(path));
}
