// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generate } from './generate-wire-layout.ts';

test('the committed layout is that of wire.h', () => {
  const script = fileURLToPath(new URL('generate-wire-layout.ts', import.meta.url));
  const result = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
});

test('every name of the header and its parts is in it', () => {
  const folder = fileURLToPath(new URL('../native/helper/', import.meta.url));
  const header = globSync('wire*.h', { cwd: folder }).map((name) => readFileSync(folder + name, 'utf8')).join('');
  const layout = generate();
  for (const [, name] of header.matchAll(/^#define (WIRE_\w+) /gm)) expect(layout).toContain(`export const ${name} = `);
  for (const [, name] of header.matchAll(/^struct (\w+) \{/gm)) expect(layout).toContain(`/** struct ${name}: `);
  for (const [, name] of header.matchAll(/^enum (\w+) \{/gm)) expect(layout).toContain(`/** enum ${name} */`);
});
