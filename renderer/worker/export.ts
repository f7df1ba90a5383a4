// SPDX-License-Identifier: Apache-2.0
import { toFolded } from '../../formats/folded.ts';
import { toSvg } from '../../formats/svg.ts';
import { collapseWords } from '../../profile/collapse.ts';
import { writtenWeights } from '../../profile/questions.ts';
import type { View } from './protocol.ts';
import type { Replica } from './replica.ts';

/** What is shown, as the text of a file: samples, names, range, threads, zoom and what is collapsed as in the picture. */
export function exportShown(replica: Replica, view: View, format: 'svg' | 'folded', title: string): string {
  const { tree, followed, filter, info } = replica;
  const zoom = tree.path(followed.resolve(view.zoom)).slice(1).map((node) => tree.key(node));
  const tables = replica.foldedTables();
  const { collapse } = tree;
  const weights = writtenWeights(info?.question ?? 'on-cpu', info?.frequencyHz ?? 1, replica.kinds);
  switch (format) {
    case 'folded':
      return toFolded(tables, { filter, zoom, collapse, weights });
    case 'svg': {
      const subtitle = info ? `${info.question}, ${info.frequencyHz} Hz, ${info.host}, Linux ${info.kernel}` : '';
      const words = [subtitle, collapseWords(collapse)].filter((part) => part !== '').join(' · ');
      return toSvg(tables, { filter, zoom, collapse, weights, title, subtitle: words });
    }
    default:
      return format satisfies never;
  }
}
