// SPDX-License-Identifier: Apache-2.0
/** Test only. A library as the engine would tell of it. */
import type { Annotations, Deletion, Failure, LibraryEntry, LibraryList, Repetition } from '../../ipc/contract.ts';
import { QUESTIONS } from '../../profile/questions.ts';

const FOLDER = '/root/.local/share/emberscope/recordings';
const targets = ['postgres 4121', 'nginx 7, nginx 8 and 2 more', 'python3 train.py --epochs 3', 'whole system', 'demo program', 'cc1plus 9100'];
const HOSTILE = '<img src=x onerror=alert(1)>\u202eevil';

function entryOf(number: number, hostile: boolean): LibraryEntry {
  const target = hostile && number === 1 ? HOSTILE : targets[number % targets.length]!;
  const name = number % 4 === 0 ? `${target.split(' ')[0]} before the change ${number}` : `${target.replaceAll('/', ' ')} ${number}`;
  const bytes = 65_536 * (1 + (number % 90));
  const startedAt = Date.UTC(2026, 10, 27, 9, 30) - number * 3_700_000;
  const base = { file: `${name}.ember`, name, bytes, modifiedAt: startedAt };
  if (number % 17 === 5) return { ...base, state: { kind: 'unreadable', failure: { code: 'damaged', message: `${FOLDER}/${name}.ember is damaged or was cut: only 4096 of its 65536 bytes are there.`, remedy: 'Copy it again from where it came.' } }, facts: null };
  if (number === 3) return { ...base, state: { kind: 'waiting' }, facts: null };
  return {
    ...base,
    state: { kind: number === 0 ? 'recording' : 'sound' },
    facts: {
      target, question: QUESTIONS[number % QUESTIONS.length]!, frequencyHz: 99, settings: { frequency: 99, children: true, kernelStacks: true },
      request: number % 2 === 0 ? { kind: 'command', command: ['python3', 'train.py', '--epochs', '3', 'two words'], folder: '/srv/models' } : { kind: 'processes', processes: [{ name: 'postgres', commandLine: 'postgres: checkpointer' }] },
      probes: [],
      host: number % 3 === 0 ? 'db1.example.org' : 'here', kernel: '6.12.9', startedAt, durationNs: (10 + (number % 400)) * 1e9, application: '0.1.0',
      samples: 990 * (1 + (number % 60)), weight: 990e6 * (1 + (number % 60)), quality: { complete: number % 5 === 0 ? 0.82 : 0.995, named: 0.99, lost: number % 11 === 0 ? 0.034 : 0 },
      tags: number % 4 === 0 ? ['before', 'release-2'] : [], notes: number % 4 === 0 ? 'Without the index on orders.' : hostile && number === 1 ? '<script>alert(2)</script>' : '',
    },
  };
}

export class FakeLibrary {
  readonly #entries = new Map<string, LibraryEntry>();
  readonly #deleted = new Map<number, LibraryEntry[]>();
  #folder = FOLDER;

  constructor(count: number, hostile: boolean) {
    for (let number = 0; number < count; number++) {
      const entry = entryOf(number, hostile);
      this.#entries.set(entry.file, entry);
    }
  }

  get list(): LibraryList {
    return { folder: this.#folder, failure: null, entries: [...this.#entries.values()], waiting: 0 };
  }

  /** Commands as they are, processes that do not run any more. */
  repetition(file: string): Repetition {
    const request = this.#entries.get(file)?.facts?.request ?? null;
    if (request?.kind === 'command') return { ...request, failure: null };
    if (request?.kind !== 'processes') return { kind: 'impossible', failure: { code: 'notSaid', message: `“${file}” does not say what was asked to be recorded.`, remedy: 'Pick the target again.' } };
    const { name } = request.processes[0]!;
    return { kind: 'choose', name, failure: { code: 'processesGone', message: `The process that was recorded does not run any more: ${name}.`, remedy: 'Choose among those that are called so now, or launch the command.' } };
  }

  thumbnail(file: string): string {
    const width = 40 + (file.length * 13) % 50;
    return ['u'.repeat(96), `${'u'.repeat(width)}${'l'.repeat(90 - width)}`, `${'l'.repeat(width - 10)}${'k'.repeat(30)}`, `${'.'.repeat(10)}${'k'.repeat(20)}`, `${'.'.repeat(12)}${'i'.repeat(9)}`].join('/');
  }

  rename(file: string, name: string): string {
    const entry = this.#entries.get(file)!;
    this.#entries.delete(file);
    this.#entries.set(`${name}.ember`, { ...entry, file: `${name}.ember`, name });
    return `${name}.ember`;
  }

  annotate(file: string, annotations: Annotations): LibraryEntry {
    const entry = this.#entries.get(file)!;
    const next = { ...entry, facts: { ...entry.facts!, ...annotations } };
    this.#entries.set(file, next);
    return next;
  }

  remove(files: string[]): Deletion {
    const id = this.#deleted.size + 1;
    this.#deleted.set(id, files.map((file) => this.#entries.get(file)!));
    for (const file of files) this.#entries.delete(file);
    return { id, files };
  }

  undo(id: number): string[] {
    const entries = this.#deleted.get(id) ?? [];
    for (const entry of entries) this.#entries.set(entry.file, entry);
    return entries.map(({ file }) => file);
  }

  moveTo(folder: string): LibraryList | Failure {
    if (!folder.startsWith('/')) return { code: 'badFolder', message: `"${folder}" cannot be the folder of the recordings.`, remedy: 'Name the whole path.' };
    this.#folder = folder;
    this.#entries.clear();
    return this.list;
  }
}
