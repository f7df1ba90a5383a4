// SPDX-License-Identifier: Apache-2.0
/** Files in and out of the window, piece by piece, with progress and cancel. */
import { formatWords, type WrittenFormat } from '../../formats/write/format-names.ts';
import type { NamedFile, RecordingInfo } from '../../ipc/contract.ts';
import { collapseWords } from '../../profile/collapse.ts';
import { baseName } from '../../profile/names.ts';
import type { Engine } from './engine.ts';
import { fileStem } from './format.ts';
import type { Session } from './session.ts';
import { addToast, type AppStore } from './store.ts';
import { subjectOf } from './subject.ts';

/** The contract's limit for one piece. */
export const PIECE_BYTES = 4 * 1024 * 1024;

/** Sends a file's bytes and opens it. @returns null when it was cancelled. */
export async function uploadRecording(engine: Engine, store: AppStore, file: File): Promise<RecordingInfo | null> {
  let cancelled = false;
  const progress = (doneBytes: number) =>
    store.setState({
      transfer: { title: `Opening ${file.name}`, doneBytes, totalBytes: file.size, cancel: () => (cancelled = true) },
    });
  progress(0);
  let upload: number | null = null;
  // An empty file goes too: the engine says best what is wrong with it.
  for (let offset = 0; offset < file.size || upload === null; offset += PIECE_BYTES) {
    const piece = new Uint8Array(await file.slice(offset, offset + PIECE_BYTES).arrayBuffer());
    if (cancelled) break;
    upload = await engine.call('upload', upload, piece);
    progress(Math.min(file.size, offset + PIECE_BYTES));
  }
  if (upload === null) return null;
  if (!cancelled) return openUpload(engine, store, { upload, name: file.name }, file.size);
  await engine.call('dropUpload', upload);
  return null;
}

/** Opens what the engine has all of. @param bytes of it, null: not known here. @returns null when it was cancelled. */
async function openUpload(engine: Engine, store: AppStore, { upload, name }: NamedFile, bytes: number | null): Promise<RecordingInfo | null> {
  let cancelled = false;
  store.setState({
    transfer: {
      title: `Opening ${name}`,
      doneBytes: bytes,
      totalBytes: bytes,
      cancel() {
        cancelled = true;
        void engine.call('dropUpload', upload);
      },
    },
  });
  try {
    return await engine.call('openUpload', upload, name);
  } catch (error) {
    if (cancelled) return null;
    throw error;
  }
}

/** The bytes of a recording's file. @returns null when it was cancelled. */
export async function readRecording(engine: Engine, store: AppStore, info: RecordingInfo): Promise<Blob | null> {
  let cancelled = false;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let doneBytes = 0;
  try {
    while (!cancelled) {
      const title = `Exporting ${info.target}`;
      store.setState({ transfer: { title, doneBytes, totalBytes: null, cancel: () => (cancelled = true) } });
      const piece = (await engine.call('readFile', info.id, doneBytes)) as Uint8Array<ArrayBuffer>;
      if (piece.length === 0) return new Blob(pieces, { type: 'application/vnd.sqlite3' });
      pieces.push(piece);
      doneBytes += piece.length;
    }
    return null;
  } finally {
    store.setState({ transfer: null });
  }
}

export function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the blob after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Without its ending: as it is called in the library, else after what was recorded. */
function nameOf({ savedAs, target }: RecordingInfo): string {
  return fileStem(savedAs === null ? target : baseName(savedAs).replace(/\.ember$/i, ''));
}

export type ExportFormat = WrittenFormat | 'ember';

/** What takes no longer needs no progress, milliseconds. */
const SOON = 500;

/** A file of what is shown. @returns null when it was cancelled. */
async function writeShown({ engine, store }: Session, format: WrittenFormat, target: string): Promise<Blob | null> {
  const abort = new AbortController();
  const title = `Exporting ${target}`;
  const timer = setTimeout(() => store.setState({ transfer: { title, doneBytes: null, totalBytes: null, cancel: () => abort.abort() } }), SOON);
  try {
    const content = await engine.export(format, target, abort.signal);
    return content === null ? null : new Blob([content], { type: formatWords[format].type });
  } finally {
    clearTimeout(timer);
    store.setState({ transfer: null });
  }
}

export function exportRecording(session: Session, format: ExportFormat): Promise<void> {
  return session.attempt(async () => {
    const { recording } = subjectOf(session.store.getState());
    if (recording === null) return;
    const blob = format === 'ember' ? await readRecording(session.engine, session.store, recording) : await writeShown(session, format, recording.target);
    if (blob === null) return;
    const name = `${nameOf(recording)}.${format === 'ember' ? 'ember' : formatWords[format].endings[0]}`;
    download(blob, name);
    const collapsed = format === 'ember' ? '' : collapseWords(session.store.getState().navigation.collapse);
    const shown = collapsed === '' ? '' : ` It holds what is shown: ${collapsed}.`;
    addToast(session.store, { kind: 'done', message: `Exported ${name}.`, detail: `It lies in the folder for downloads.${shown}` });
  });
}

/** The events that match the filter, as a text in bcc's order or as CSV. */
export function exportEvents(session: Session, format: 'text' | 'csv'): Promise<void> {
  return session.attempt(async () => {
    const { recording } = session.store.getState().probing;
    if (recording === null) return;
    const name = `${nameOf(recording)}-events.${format === 'csv' ? 'csv' : 'txt'}`;
    const type = format === 'csv' ? 'text/csv;charset=utf-8' : 'text/plain;charset=utf-8';
    download(new Blob([await session.engine.exportEvents(format)], { type }), name);
    addToast(session.store, { kind: 'done', message: `Exported ${name}.`, detail: 'It holds the events that match the filter.' });
  });
}

/** What the window was opened for. */
export function openNamedFile(session: Session, file: NamedFile): Promise<void> {
  return session.open(() => openUpload(session.engine, session.store, file, null));
}

export function openRecordingFile(session: Session, file: File): Promise<void> {
  return session.open(() => uploadRecording(session.engine, session.store, file));
}
