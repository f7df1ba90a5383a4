// SPDX-License-Identifier: Apache-2.0
/** The page's fonts, for a worker: it has none of its own. */
import type { FontSource } from './messages.ts';

const URL_IN_SOURCE = /url\(\s*(["']?)(.*?)\1\s*\)/g;

/** The faces of all style sheets, with absolute addresses. */
export function pageFonts(page: Document): FontSource[] {
  const fonts: FontSource[] = [];
  for (const sheet of page.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule)) continue;
      const value = (name: string) => rule.style.getPropertyValue(name);
      const absolute = (_: string, quote: string, url: string) => `url(${quote}${new URL(url, sheet.href ?? page.baseURI).href}${quote})`;
      fonts.push({
        family: value('font-family').replaceAll(/^["']|["']$/g, ''),
        source: value('src').replaceAll(URL_IN_SOURCE, absolute),
        descriptors: {
          weight: value('font-weight') || 'normal',
          style: value('font-style') || 'normal',
          unicodeRange: value('unicode-range') || 'U+0-10FFFF',
        },
      });
    }
  }
  return fonts;
}
