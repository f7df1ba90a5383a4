// SPDX-License-Identifier: Apache-2.0
/** Enter in the search box is F3 anywhere else: the picture answers it. */
export function pressKey(key: string, shiftKey: boolean): void {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }));
}
