// SPDX-License-Identifier: Apache-2.0
/** Writes a profile in any of the formats. */
import { collapseWords } from '../../profile/collapse.ts';
import type { Tables } from '../../profile/tables.ts';
import { toFolded } from '../folded.ts';
import type { Selection } from '../selection.ts';
import { toSvg } from '../svg.ts';
import { toFirefox } from './firefox.ts';
import type { WrittenFormat } from './format-names.ts';
import { gzip } from './gzip.ts';
import { originWords, type Origin } from './origin.ts';
import { toPprof } from './pprof.ts';
import { toSpeedscope } from './speedscope.ts';

export interface WriteOptions extends Selection {
  origin: Origin;
  title: string;
  /** Under the title of a picture. `originWords` where it is not given. */
  subtitle?: string;
}

/** A whole file. Without a selected sample it is an empty profile of its format. */
export async function writeFormat(format: WrittenFormat, tables: Tables, options: WriteOptions): Promise<string | Uint8Array<ArrayBuffer>> {
  const { origin, title } = options;
  const words = [options.subtitle ?? originWords(origin), options.collapse ? collapseWords(options.collapse) : ''];
  const subtitle = words.filter((part) => part !== '').join(' · ');
  switch (format) {
    case 'folded':
      return toFolded(tables, options);
    case 'svg':
      return toSvg(tables, { ...options, title, subtitle });
    case 'html': {
      // It carries a script that nothing else needs.
      const { pageTreeOf, toHtml } = await import('./html.ts');
      return toHtml(pageTreeOf(tables, options), { title, subtitle });
    }
    case 'png': {
      const { toPng } = await import('./png.ts');
      return toPng(tables, { ...options, title, subtitle });
    }
    case 'pprof':
      return gzip(toPprof(tables, origin, options));
    case 'speedscope':
      return toSpeedscope(tables, origin, options);
    case 'firefox':
      return toFirefox(tables, origin, options);
    default:
      return format satisfies never;
  }
}
