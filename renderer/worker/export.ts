// SPDX-License-Identifier: Apache-2.0
import { toFolded } from '../../formats/folded.ts';
import { toSvg } from '../../formats/svg.ts';
import type { View } from './protocol.ts';
import type { Replica } from './replica.ts';

/** What is shown, as the text of a file: samples, names, range, threads and zoom as in the picture. */
export function exportShown(replica: Replica, view: View, format: 'svg' | 'folded', title: string): string {
  const { tree, followed, filter, info } = replica;
  const zoom = tree.path(followed.resolve(view.zoom)).slice(1).map((node) => tree.key(node));
  const tables = replica.foldedTables();
  switch (format) {
    case 'folded':
      return toFolded(tables, { filter, zoom });
    case 'svg': {
      const subtitle = info ? `${info.question}, ${info.frequencyHz} Hz, ${info.host}, Linux ${info.kernel}` : '';
      return toSvg(tables, { filter, zoom, title, subtitle });
    }
    default:
      return format satisfies never;
  }
}
