// SPDX-License-Identifier: Apache-2.0
/**
 * Writes formats/write/page-parts.gen.ts: the script and the style of exported pages (formats/page/) with d3-flame-graph,
 * bundled to one text each, and their hashes, which are all that a page's policy allows to run.
 *
 *     node scripts/generate-page.ts           write the file
 *     node scripts/generate-page.ts --check   exit 1 with a sentence when it is stale
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const outputPath = join(root, 'formats/write/page-parts.gen.ts');

const NOTICE = '/* Emberscope, Apache-2.0. With d3-flame-graph (c) Martin Spier, Apache-2.0, and d3 (c) Mike Bostock, ISC. */';

async function bundle(): Promise<{ script: string; style: string }> {
  const result = (await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'warn',
    build: {
      lib: { entry: join(root, 'formats/page/page.ts'), formats: ['iife'], name: 'page', cssFileName: 'page' },
      write: false,
      target: 'chrome120',
      minify: true,
    },
  })) as Rolldown.RolldownOutput[];
  const outputs = result[0]!.output;
  const script = outputs.find((output) => output.type === 'chunk')!.code;
  const style = outputs.find((output) => output.type === 'asset' && output.fileName.endsWith('.css')) as Rolldown.OutputAsset;
  return { script: `${NOTICE}\n${script.trim()}\n`, style: `${String(style.source).trim()}\n` };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** @throws Error where a text would end its element. */
export async function pageParts(): Promise<string> {
  const { script, style } = await bundle();
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error('The bundle holds what ends its element.');
  return `// SPDX-License-Identifier: Apache-2.0
// Written by scripts/generate-page.ts from formats/page/. Do not edit.
export const PAGE_SCRIPT = ${JSON.stringify(script)};
export const PAGE_SCRIPT_HASH = ${JSON.stringify(hashOf(script))};
export const PAGE_STYLE = ${JSON.stringify(style)};
export const PAGE_STYLE_HASH = ${JSON.stringify(hashOf(style))};
`;
}

if (import.meta.main) {
  const parts = await pageParts();
  if (!process.argv.includes('--check')) {
    writeFileSync(outputPath, parts);
    console.log(`generate-page: ${Math.round(parts.length / 1024)} KiB`);
  } else if (!existsSync(outputPath) || readFileSync(outputPath, 'utf8') !== parts) {
    console.error('formats/write/page-parts.gen.ts is stale: run node scripts/generate-page.ts');
    process.exitCode = 1;
  }
}
