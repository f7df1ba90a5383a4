// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generate } from './generate-wire-layout.ts';

test('the committed layout is that of wire.h', () => {
  const script = fileURLToPath(new URL('generate-wire-layout.ts', import.meta.url));
  const result = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
});

test('every name of the header is in it', () => {
  const header = readFileSync(new URL('../native/helper/wire.h', import.meta.url), 'utf8');
  const layout = generate();
  for (const [, name] of header.matchAll(/^#define (WIRE_\w+) /gm)) expect(layout).toContain(`export const ${name} = `);
  for (const [, name] of header.matchAll(/^struct (\w+) \{/gm)) expect(layout).toContain(`/** struct ${name}: `);
  for (const [, name] of header.matchAll(/^enum (\w+) \{/gm)) expect(layout).toContain(`/** enum ${name} */`);
});
