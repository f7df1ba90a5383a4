// SPDX-License-Identifier: Apache-2.0
import { addToast, type AppStore } from './store.ts';

/** Copies, and says so. `what` completes "Copied …". */
export async function copyText(store: AppStore, text: string, what: string): Promise<void> {
  try {
    await writeClipboard(text);
    addToast(store, { kind: 'done', message: `Copied ${what}.`, detail: '' });
  } catch {
    addToast(store, {
      kind: 'failure',
      message: `The clipboard could not be written, so ${what} was not copied.`,
      detail: 'Select the text in the inspector and copy it from there.',
    });
  }
}

async function writeClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Where the permission is denied, as in a sandboxed shell, the older way still works after a click.
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'hidden';
    document.body.append(field);
    const focused = document.activeElement;
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    if (!copied) throw new Error('copy refused');
  }
}
