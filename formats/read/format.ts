// SPDX-License-Identifier: Apache-2.0
/** What every reader of another tool's file is and gives. Bytes come in chunks, rows go to a `ProfileBuilder`. */
import type { Question } from '../../profile/questions.ts';
import type { ProfileBuilder } from './profile-builder.ts';

export const FORMAT_NAMES = ['folded', 'perf-script', 'pprof', 'speedscope', 'cpuprofile'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** What the weights of a file are that does not say it itself. */
export type WeightUnit = 'samples' | 'microseconds' | 'bytes';

export interface ReadOptions {
  /** Of folded stacks; samples where it is not given. */
  unit?: WeightUnit;
  /** Of a file with several: the name of the event or of the kind of samples that is read. */
  event?: string;
}

export interface Format {
  readonly name: FormatName;
  /** In a sentence: "folded stacks". */
  readonly title: string;
  /** @param head the beginning of the file, not compressed; false: another format. */
  recognises(head: Uint8Array, fileName: string): boolean;
  reader(builder: ProfileBuilder, options?: ReadOptions): FormatReader;
}

export interface FormatReader {
  /** @throws FormatError */
  push(bytes: Uint8Array): void;
  /** The file has no more bytes. @throws FormatError when it was cut, or holds no sample */
  end(): Imported;
}

/** What a file says of itself, beside its rows. */
export interface Imported {
  question: Question;
  /** Of samples of CPU time; 0: not known. */
  frequencyHz: number;
  /** Epoch milliseconds; null: not known. */
  startedAt: number | null;
  /** Nanoseconds; 0: not known. */
  durationNs: number;
  /** Empty and 0: not known. */
  host: string;
  kernel: string;
  cpus: number;
  /** Sentences: what the file holds that was left out, and why. */
  notes: string[];
}

export const NOTHING_KNOWN: Omit<Imported, 'question' | 'notes'> = { frequencyHz: 0, startedAt: null, durationNs: 0, host: '', kernel: '', cpus: 0 };

/** A file that is broken, by its own format's rules. */
export class FormatError extends Error {
  /** "line 12" or "byte 4,096", counted from 1 and 0; empty: it is about the whole. */
  readonly place: string;

  /** @param detail a clause without a full stop: "the count is missing" */
  constructor(place: string, detail: string) {
    super(detail);
    this.name = 'FormatError';
    this.place = place;
  }
}

export const atLine = (line: number): string => `line ${line.toLocaleString('en')}`;
export const atByte = (byte: number): string => `byte ${byte.toLocaleString('en')}`;
