// SPDX-License-Identifier: Apache-2.0
/** bpf/python_layout.h against the headers of every CPython that has them here. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { interpreters } from './interpreters.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-layout-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('where CPython keeps what a walk reads', () => {
  for (const { version, path, headers } of interpreters()) {
    test(`${version}, as the headers of ${path} say`, (context) => {
      if (headers === null) {
        console.log(`skipped: the headers of ${path} are not installed`);
        return context.skip();
      }
      const program = join(folder, `layout-${version}`);
      const source = join(import.meta.dirname, 'layout.c');
      const compiled = spawnSync('gcc', ['-std=gnu11', '-Werror', `-I${headers}`, `-I${headers}/internal`, '-o', program, source], { encoding: 'utf8' });
      expect(compiled.stderr).toBe('');
      expect(spawnSync(program).status).toBe(0);
    });
  }
});
