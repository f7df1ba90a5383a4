// SPDX-License-Identifier: Apache-2.0
/**
 * speedscope's own JSON (speedscope src/lib/file-format-spec.ts): profiles, one a thread, each a list of samples with
 * weights or of calls and returns in order of time, over frames that all share. Profiles may come before the frames, and
 * what their numbers are after the numbers, so all of it is rows only at the end.
 */
import { Float64Chunks } from '../../profile/chunked.ts';
import type { Question } from '../../profile/questions.ts';
import { FrameCategory, ModuleKind, SampleKind } from '../../profile/schema.ts';
import { NONE, type FrameIndex, type ModuleIndex, type StackIndex, type ThreadIndex } from '../../profile/units.ts';
import { codePlace } from './code-place.ts';
import { FormatError, NOTHING_KNOWN, type Format, type FormatReader, type Imported } from './format.ts';
import { field, JsonStream, numberField, textField, type JsonValue } from './json-stream.ts';
import { NOMINAL_HZ } from './pprof-types.ts';
import { MAX_FRAMES, type ProfileBuilder } from './profile-builder.ts';

const TIMES: Readonly<Record<string, number>> = { nanoseconds: 1, microseconds: 1e3, milliseconds: 1e6, seconds: 1e9 };
const MAX_PROFILES = 65_536;
/** Samples within this share of each other weigh the same: tools write rounded seconds. */
const SAME = 1e-6;

export const speedscope: Format = {
  name: 'speedscope',
  title: 'speedscope JSON',
  recognises(head, fileName) {
    const text = new TextDecoder().decode(head);
    if (!/^\ufeff?\s*\{/.test(text)) return false;
    if (/\.speedscope(\.json)?(\.gz)?$/i.test(fileName) || text.includes('speedscope.app/file-format-schema.json')) return true;
    return /"profiles"\s*:\s*\[\s*\{/.test(text) && /"type"\s*:\s*"(sampled|evented)"/.test(text);
  },
  reader: (builder) => new SpeedscopeReader(builder),
};

/** Numbers in two columns: what, and how much or when. */
class Pairs {
  readonly #first = new Float64Chunks();
  readonly #second = new Float64Chunks();
  firsts = 0;
  seconds = 0;

  addFirst(value: number): void {
    this.#first.reserve(this.firsts + 1);
    this.#first.set(this.firsts++, value);
  }

  addSecond(value: number): void {
    this.#second.reserve(this.seconds + 1);
    this.#second.set(this.seconds++, value);
  }

  first(row: number): number {
    return this.#first.get(row);
  }

  second(row: number): number {
    return this.#second.get(row);
  }
}

interface Profile {
  name: string;
  unit: string;
  start: number;
  /** Rows of stacks and weights. */
  samples: Pairs;
  /** Frames (of a return: minus one minus the frame) and times. */
  events: Pairs;
}

const emptyProfile = (): Profile => ({ name: '', unit: 'none', start: 0, samples: new Pairs(), events: new Pairs() });

class SpeedscopeReader implements FormatReader {
  readonly #builder: ProfileBuilder;
  readonly #json = new JsonStream(
    {
      name: (value) => (this.#name = typeof value === 'string' ? value : ''),
      shared: { frames: { '*': (value) => this.#frame(value) } },
      profiles: {
        '*': {
          name: (value) => (this.#profile.name = typeof value === 'string' ? value : ''),
          unit: (value) => (this.#profile.unit = typeof value === 'string' ? value : 'none'),
          startValue: (value) => (this.#profile.start = typeof value === 'number' ? value : 0),
          samples: { '*': (value) => this.#profile.samples.addFirst(this.#stack(value)) },
          weights: { '*': (value) => this.#profile.samples.addSecond(typeof value === 'number' ? value : 0) },
          events: { '*': (value) => this.#event(value) },
        },
      },
    },
    (path) => {
      if (path.length === 2 && path[0] === 'profiles') this.#endProfile();
    },
  );
  #profile = emptyProfile();
  readonly #profiles: Profile[] = [];
  #name = '';
  /** Highest frame that is named anywhere. */
  #lastFrame = NONE;

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  push(bytes: Uint8Array): void {
    this.#json.push(bytes);
  }

  end(): Imported {
    this.#json.end();
    const { frames } = this.#builder.tables;
    if (this.#lastFrame >= frames.length) throw new FormatError('', `a stack names frame ${this.#lastFrame.toLocaleString('en')} of ${frames.length.toLocaleString('en')}`);
    const profiles = this.#profiles.filter(({ samples, events }) => samples.firsts + events.firsts > 0);
    if (profiles.length === 0) throw new FormatError('', 'it holds no sample');
    const { unit } = profiles[0]!;
    const same = profiles.filter((profile) => profile.unit === unit);
    const notes = same.length < profiles.length ? [`Profiles of another unit than ${unit} were left out: ${profiles.length - same.length}.`] : [];
    const question: Question = unit === 'bytes' ? 'memory' : 'on-cpu';
    const frequencyHz = unit in TIMES ? rateOf(same, TIMES[unit]!) : 0;
    const start = same.reduce((least, profile) => Math.min(least, profile.start), Infinity);
    let durationNs = 0;
    for (const profile of same) durationNs = Math.max(durationNs, this.#write(profile, start, frequencyHz));
    return { ...NOTHING_KNOWN, question, frequencyHz, durationNs, notes };
  }

  /** The frame with the number of its place in the list. */
  #frame(value: JsonValue): void {
    const builder = this.#builder;
    const name = textField(value, 'name');
    const file = textField(value, 'file');
    const line = numberField(value, 'line');
    // Importers of native profiles, and we, give the module where they know no source.
    const isModule = line === 0 && (/\.so(\.|$)|^\[.*\]$|^\/(usr\/)?(s?bin|lib|opt)\//.test(file) && !/\.(py|rb|js|ts|go|rs|c|cc|cpp|h)$/.test(file));
    const place = isModule ? codePlace(builder, file, { isKernel: false, isNamed: true }) : { module: NONE as ModuleIndex, category: FrameCategory.user };
    const isScript = !isModule && file !== '' && /\.(py|rb|m?js|cjs|tsx?|php|pl|lua)$/.test(file);
    const module = isScript ? builder.module(file, ModuleKind.source) : place.module;
    const frame = builder.frame(module, isScript ? Math.max(0, line) : builder.tables.frames.length, isScript ? FrameCategory.interpreted : place.category);
    const source = isModule ? '' : file;
    const row = source === '' ? builder.function(name, module) : builder.placedFunction(name, module, source, line);
    builder.symbol(frame, 0, row, source, line);
  }

  /** @param value frames, the outermost first */
  #stack(value: JsonValue): StackIndex {
    if (!Array.isArray(value)) throw new FormatError('', 'a sample is no list of frames');
    const frames: FrameIndex[] = [];
    for (let i = value.length - 1; i >= 0 && frames.length <= MAX_FRAMES; i--) frames.push(this.#frameNumber(value[i]));
    return this.#builder.stackOf(frames);
  }

  #frameNumber(value: JsonValue | undefined): FrameIndex {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new FormatError('', 'a frame has no number');
    if (value > this.#lastFrame) this.#lastFrame = value;
    return value;
  }

  #event(value: JsonValue): void {
    const frame = this.#frameNumber(field(value, 'frame'));
    const type = textField(value, 'type');
    if (type !== 'O' && type !== 'C') throw new FormatError('', 'an event is neither of the type "O" nor "C"');
    this.#profile.events.addFirst(type === 'O' ? frame : -1 - frame);
    this.#profile.events.addSecond(numberField(value, 'at'));
  }

  #endProfile(): void {
    if (this.#profiles.length >= MAX_PROFILES) throw new FormatError('', `it has more than ${MAX_PROFILES.toLocaleString('en')} profiles`);
    const { samples } = this.#profile;
    if (samples.firsts !== samples.seconds) throw new FormatError('', `a profile has ${samples.firsts.toLocaleString('en')} samples and ${samples.seconds.toLocaleString('en')} weights`);
    this.#profiles.push(this.#profile);
    this.#profile = emptyProfile();
  }

  /** @returns nanoseconds from the start to its end; 0 where it has no times */
  #write(profile: Profile, start: number, frequencyHz: number): number {
    const { name, unit } = profile;
    const thread = this.#thread(name);
    const scale = TIMES[unit] ?? 0;
    const offset = (profile.start - start) * scale;
    return profile.events.firsts > 0 ? this.#writeEvents(profile, thread, start, frequencyHz) : this.#writeSamples(profile, thread, offset, frequencyHz);
  }

  #thread(name: string): ThreadIndex {
    const builder = this.#builder;
    // "python 4121 · MainThread 4122", as we write it; otherwise the profile's name is the thread's.
    const [, process, pid, thread, tid] = /^(.+?)(?: (\d+))? · (.+) (\d+)$/.exec(name) ?? [];
    if (process !== undefined) return builder.thread(builder.process(Number(pid ?? 0), process), Number(tid), thread!);
    const [, alone, number] = /^(.+) (\d+)$/.exec(name) ?? [];
    if (alone !== undefined) return builder.thread(builder.process(Number(number), alone), Number(number), alone);
    return builder.thread(builder.process(0, this.#name || 'profile'), 0, name || 'profile');
  }

  #writeSamples({ samples, unit }: Profile, thread: ThreadIndex, offset: number, frequencyHz: number): number {
    const scale = TIMES[unit];
    const kind = unit === 'bytes' ? SampleKind.memory : SampleKind.onCpu;
    let time = offset;
    for (let row = 0; row < samples.firsts; row++) {
      const weight = samples.second(row);
      if (!(weight >= 0)) throw new FormatError('', `sample ${(row + 1).toLocaleString('en')} weighs less than nothing`);
      if (weight === 0) continue;
      if (scale === undefined) this.#builder.sample(0, thread, samples.first(row), kind, weight);
      else {
        const end = time + weight * scale;
        this.#builder.span(time, end, thread, samples.first(row), kind, counted(weight * scale, frequencyHz));
        time = end;
      }
    }
    return scale === undefined ? 0 : time;
  }

  /** Between two events the time is the innermost frame's that is open. */
  #writeEvents({ events, unit }: Profile, thread: ThreadIndex, start: number, frequencyHz: number): number {
    const scale = TIMES[unit];
    const kind = unit === 'bytes' ? SampleKind.memory : SampleKind.onCpu;
    const open: { frame: FrameIndex; stack: StackIndex }[] = [];
    let before = events.second(0);
    for (let row = 0; row < events.firsts; row++) {
      const at = events.second(row);
      if (at < before) throw new FormatError('', `event ${(row + 1).toLocaleString('en')} is before the one that it follows`);
      const top = open.at(-1);
      if (top && at > before) {
        if (scale === undefined) this.#builder.sample(0, thread, top.stack, kind, at - before);
        else this.#builder.span((before - start) * scale, (at - start) * scale, thread, top.stack, kind, counted((at - before) * scale, frequencyHz));
      }
      before = at;
      const frame = events.first(row);
      if (frame < 0) {
        if (open.pop()?.frame !== -1 - frame) throw new FormatError('', `event ${(row + 1).toLocaleString('en')} ends a call that is not the innermost`);
      } else if (open.length < MAX_FRAMES) open.push({ frame, stack: this.#builder.stack(top?.stack ?? NONE, frame) });
      else throw new FormatError('', `event ${(row + 1).toLocaleString('en')} begins a call within ${MAX_FRAMES.toLocaleString('en')} others`);
    }
    return scale === undefined ? 0 : (before - start) * scale;
  }
}

/** Samples of CPU time that last so long; whole where they nearly are. */
function counted(nanoseconds: number, frequencyHz: number): number {
  const samples = (nanoseconds * frequencyHz) / 1e9;
  return Math.abs(samples - Math.round(samples)) < 1e-3 ? Math.round(samples) : samples;
}

/** Hz at which each sample is one, where all weigh the same; of others one is a millisecond. */
function rateOf(profiles: readonly Profile[], scale: number): number {
  let least = Infinity;
  let most = 0;
  for (const { samples, events } of profiles) {
    if (events.firsts > 0) return NOMINAL_HZ;
    for (let row = 0; row < samples.seconds; row++) {
      const weight = samples.second(row);
      if (weight <= 0) continue;
      least = Math.min(least, weight);
      most = Math.max(most, weight);
    }
  }
  if (!(most > 0) || most - least > SAME * most) return NOMINAL_HZ;
  const rate = 1e9 / (most * scale);
  return Math.abs(rate - Math.round(rate)) < 1e-3 ? Math.round(rate) : rate;
}
