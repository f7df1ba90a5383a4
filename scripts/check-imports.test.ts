// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { forbiddenImports } from './check-imports.ts';

describe('who may import whom', () => {
  test('the model imports nothing', () => {
    expect(forbiddenImports('profile/a.ts', `import { b } from './b.ts'`)).toEqual([]);
    expect(forbiddenImports('profile/a.ts', `import fs from 'node:fs'`)).toHaveLength(1);
    expect(forbiddenImports('profile/a.ts', `import type { C } from '../ipc/contract.ts'`)).toHaveLength(1);
  });

  test('Electron stays in its four files', () => {
    expect(forbiddenImports('main/window.ts', `import { BrowserWindow } from 'electron'`)).toEqual([]);
    expect(forbiddenImports('main/launch.ts', `import { app } from 'electron'`)).toHaveLength(1);
    expect(forbiddenImports('main/engine/engine.ts', `export const e = await import('electron')`)).toHaveLength(1);
    expect(forbiddenImports('main/index.ts', `import { createEngine } from './engine/engine.ts'`)).toHaveLength(1);
  });

  test('the addon is reached from symbolication only', () => {
    const source = `import type { Addon } from '../../../native/addon/addon.d.ts'`;
    expect(forbiddenImports('main/engine/symbolication/symbolizer.ts', source)).toEqual([]);
    expect(forbiddenImports('main/engine/recordings/store.ts', source)).toHaveLength(1);
  });

  test('the worker has neither React nor the window', () => {
    expect(forbiddenImports('renderer/worker/worker.ts', `import 'react'`)).toHaveLength(1);
    expect(forbiddenImports('renderer/worker/worker.ts', `import { s } from '../app/store.ts'`)).toHaveLength(1);
  });

  test('what is shipped imports nothing of the tests', () => {
    expect(forbiddenImports('profile/a.ts', `import { f } from './testing.ts'`)).toHaveLength(1);
    expect(forbiddenImports('profile/a.test.ts', `import { f } from './testing.ts'`)).toEqual([]);
  });
});
