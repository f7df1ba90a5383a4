// SPDX-License-Identifier: Apache-2.0
/** What a node is drawn as wide as. larger: of every stack the larger side, so that new and vanished are both to be seen. */
export type Width = 'a' | 'b' | 'larger';

export const WIDTHS: readonly Width[] = ['a', 'b', 'larger'];
