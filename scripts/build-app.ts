// SPDX-License-Identifier: Apache-2.0
/**
 * Bundles the application to build/app:
 *
 *   renderer/            the window (renderer/vite.config.ts)
 *   main.js              Electron's main process   ES module: package.json says "type": "module"
 *   preload.cjs          Electron's preload        CommonJS: a sandboxed preload can be nothing else
 *   engine-process.js    the engine under Electron (utilityProcess)
 *   cli.js, launch.js    the command line and the launcher, for Node.js 24
 *   reading-thread.cjs   reads recordings beside the engine; CommonJS, since it is run as a text
 *   library-thread.cjs   looks into the files of the library, the same
 *   importing-thread.cjs  imports other tools' files beside the engine, the same
 *   name-cache-thread.cjs  keeps names on disk beside the engine, the same
 *
 * Each is one file, so that places.ts finds the package two folders above it. What is not bundled: Node's
 * own modules, electron, and the addon, which is loaded by its path.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, type InlineConfig } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Bundle {
  entry: string;
  output: string;
  format: 'es' | 'cjs';
}

const bundles: Readonly<Record<string, Bundle>> = {
  main: { entry: 'main/index.ts', output: 'main.js', format: 'es' },
  preload: { entry: 'main/preload.ts', output: 'preload.cjs', format: 'cjs' },
  'engine-process': { entry: 'main/engine-process.ts', output: 'engine-process.js', format: 'es' },
  cli: { entry: 'main/cli/main.ts', output: 'cli.js', format: 'es' },
  'reading-thread': { entry: 'main/engine/recordings/reading-thread.ts', output: 'reading-thread.cjs', format: 'cjs' },
  'library-thread': { entry: 'main/engine/library/library-thread.ts', output: 'library-thread.cjs', format: 'cjs' },
  'importing-thread': { entry: 'main/engine/recordings/importing-thread.ts', output: 'importing-thread.cjs', format: 'cjs' },
  'name-cache-thread': { entry: 'main/engine/symbolication/name-cache-thread.ts', output: 'name-cache-thread.cjs', format: 'cjs' },
  launch: { entry: 'main/launch.ts', output: 'launch.js', format: 'es' },
};
const parts = ['renderer', ...Object.keys(bundles)];

const HELP = `Usage: npm run build:app [-- --only PART[,PART…]] [-- --quiet]

Bundles the window, the engine, the launcher and the command line to build/app.
  --only PART   only some of: ${parts.join(', ')}
  --into DIR    instead of build/app
  --quiet       say nothing unless something fails
  --help        this text
`;

/** What `ws` would use if it were installed, to be faster; it goes without. */
const ABSENT = ['bufferutil', 'utf-8-validate'];

interface Options {
  into: string;
  version: string;
  quiet: boolean;
}

function bundleConfig({ entry, output, format }: Bundle, { into, version, quiet }: Options): InlineConfig {
  return {
    configFile: false,
    root,
    publicDir: false,
    logLevel: quiet ? 'warn' : 'info',
    define: { EMBERSCOPE_VERSION: JSON.stringify(version) },
    // Everything is bundled: neither the package nor an installed application needs node_modules.
    ssr: { target: 'node', noExternal: true, external: ['electron', ...ABSENT] },
    build: {
      ssr: join(root, entry),
      outDir: into,
      emptyOutDir: false,
      target: 'node24',
      minify: false, // a user's error report names real functions
      sourcemap: false,
      reportCompressedSize: false,
      rolldownOptions: {
        external: ['electron', /^node:/, ...builtinModules, ...ABSENT],
        output: { format, entryFileNames: output, codeSplitting: false },
      },
    },
  };
}

async function buildPart(part: string, options: Options): Promise<void> {
  const { into, quiet } = options;
  if (part === 'renderer') {
    await build({
      configFile: join(root, 'renderer', 'vite.config.ts'),
      logLevel: quiet ? 'warn' : 'info',
      build: { outDir: join(into, 'renderer'), reportCompressedSize: false },
    });
    return;
  }
  const bundle = bundles[part]!;
  await build(bundleConfig(bundle, options));
  if (!quiet) console.log(`${bundle.output}: ${Math.round(statSync(join(into, bundle.output)).size / 1024)} KiB`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      into: { type: 'string' },
      quiet: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const asked = values.only?.flatMap((list) => list.split(',')) ?? parts;
  const unknown = asked.filter((part) => !parts.includes(part));
  if (unknown.length > 0) {
    process.stderr.write(`build-app: There is no part ${unknown.join(', ')}.\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const options = { into: resolve(values.into ?? join(root, 'build', 'app')), version, quiet: values.quiet ?? false };
  for (const part of parts.filter((each) => asked.includes(each))) {
    try {
      await buildPart(part, options);
    } catch (error) {
      process.stderr.write(`build-app: ${part} could not be built.\n${(error as Error).message}\n`);
      process.exitCode = 1;
      return;
    }
  }
}

await main();
