// SPDX-License-Identifier: Apache-2.0
/**
 * Where the parts of Emberscope lie at run time: the only file that knows.
 *
 *                    checkout                               installed (deb, AppImage, tar.gz)
 *   this code        main/engine/ or build/app/             resources/app.asar/build/app/
 *   helper           build/native/emberscope-helper         resources/native/emberscope-helper
 *   helper, pkexec   /usr/libexec/emberscope/emberscope-helper in both: root-owned, from the deb or install-helper
 *   holder           build/native/emberscope-hold           resources/native/emberscope-hold
 *   addon            build/native/emberscope.node           resources/native/emberscope.node
 *   demo program     build/programs/demo                    resources/programs/demo
 *   threads          main/engine/ or build/app/             resources/app.asar/build/app/
 *   window           build/app/renderer/                    resources/app.asar/build/app/renderer/
 *
 * The BPF objects lie beside each helper. Nothing here is taken from the environment: a variable must
 * not choose what is run as root.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExecutable } from './executable.ts';

export interface Places {
  /** The checkout, or the application's archive: what holds package.json. */
  root: string;
  /** True when electron-builder put it together, false in a checkout. */
  packaged: boolean;
  /**
   * The helper that came with this copy, to be run directly by root or as the source of an
   * installation; never through pkexec, since its folder may belong to a user. null: not built.
   */
  helper: string | null;
  /** The only path that is run through pkexec; nothing need be there. */
  installedHelper: string;
  /** What holds a command before its exec: native/hold. */
  hold: string;
  addon: string;
  demo: string;
  /** The program of the thread that reads recordings: TypeScript, or a bundle. */
  readingThread: string;
  /** The same of the thread that imports other tools' files. */
  importingThread: string;
  /** The same of the thread that keeps names. */
  nameCacheThread: string;
  /** The same of the thread that looks into the library's files. */
  libraryThread: string;
  /** Folder of index.html. */
  renderer: string;
  version: string;
}

export const INSTALLED_HELPER = '/usr/libexec/emberscope/emberscope-helper';

/** Put in by scripts/build-app; absent where the TypeScript runs as it is. */
declare const EMBERSCOPE_VERSION: string;

function bundled(): boolean {
  return typeof EMBERSCOPE_VERSION === 'string';
}

function versionOf(root: string): string {
  if (bundled()) return EMBERSCOPE_VERSION;
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** @param root for tests; by default two folders above this file, which holds for the source and for the bundles. */
export function placesIn(root: string): Places {
  const packaged =
    basename(root) === 'app.asar' || (basename(root) === 'app' && basename(dirname(root)) === 'resources');
  const parts = packaged ? dirname(root) : join(root, 'build');
  const ownHelper = join(parts, 'native', 'emberscope-helper');
  const helper = [ownHelper, ...(packaged ? [INSTALLED_HELPER] : [])].find(isExecutable) ?? null;
  return {
    root,
    packaged,
    helper,
    installedHelper: INSTALLED_HELPER,
    hold: join(parts, 'native', 'emberscope-hold'),
    addon: join(parts, 'native', 'emberscope.node'),
    demo: join(parts, 'programs', 'demo'),
    readingThread: join(root, bundled() ? 'build/app/reading-thread.cjs' : 'main/engine/recordings/reading-thread.ts'),
    importingThread: join(root, bundled() ? 'build/app/importing-thread.cjs' : 'main/engine/recordings/importing-thread.ts'),
    nameCacheThread: join(root, bundled() ? 'build/app/name-cache-thread.cjs' : 'main/engine/symbolication/name-cache-thread.ts'),
    libraryThread: join(root, bundled() ? 'build/app/library-thread.cjs' : 'main/engine/library/library-thread.ts'),
    renderer: join(root, 'build', 'app', 'renderer'),
    version: versionOf(root),
  };
}

const ownRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Looked up anew at each call: a build or an installation may come while the app runs. */
export function places(): Places {
  return placesIn(ownRoot);
}
