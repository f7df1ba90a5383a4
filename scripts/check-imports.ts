// SPDX-License-Identifier: Apache-2.0
/** Checks who imports whom against the table of docs/ARCHITECTURE.md. An allow-list: what is not named is forbidden. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';

interface Room {
  /** Matches the path of a file, from the top. The first room that matches is its room. */
  readonly files: RegExp;
  readonly name: string;
  /** Other rooms that it may import. */
  readonly rooms: readonly string[];
  /** Packages that it may import; `node:` is all of Node's own modules. */
  readonly packages: readonly string[];
}

const REACT = ['react', 'react-dom', 'd3', 'radix-ui', 'zustand', '@tanstack/react-virtual', 'lucide-react'];
const FONTS = ['@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono'];

/** Tests may reach further than what they test: they are not part of any bundle. */
const TEST_FILE = /(\.test\.tsx?|\.stub\.ts|testing\.ts|contract-suite\.ts)$|\/testing\//;

export const rooms: readonly Room[] = [
  { name: 'profile', files: /^profile\//, rooms: [], packages: [] },
  // The script of exported pages, which runs there.
  { name: 'formats/page', files: /^formats\/page\//, rooms: ['profile'], packages: ['d3-flame-graph', 'd3-selection', 'd3-hierarchy'] },
  { name: 'formats', files: /^formats\//, rooms: ['formats/page', 'profile'], packages: [] },
  { name: 'ipc', files: /^ipc\//, rooms: ['profile'], packages: [] },
  { name: 'renderer/worker', files: /^renderer\/worker\//, rooms: ['profile', 'formats', 'ipc'], packages: [] },
  {
    name: 'renderer',
    files: /^renderer\//,
    rooms: ['renderer/worker', 'profile', 'formats', 'ipc'],
    packages: [...REACT, ...FONTS, 'vite', '@vitejs/plugin-react', 'node:'],
  },
  {
    name: 'main/engine/symbolication',
    files: /^main\/engine\/symbolication\//,
    rooms: ['main/engine', 'profile', 'formats', 'ipc', 'native/addon'],
    packages: ['node:'],
  },
  {
    name: 'main/engine',
    files: /^main\/engine\//,
    rooms: ['main/engine/symbolication', 'profile', 'formats', 'ipc'],
    packages: ['node:'],
  },
  { name: 'main (Electron)', files: /^main\/(index|window|menu|preload)\.ts$/, rooms: ['ipc'], packages: ['electron', 'node:'] },
  {
    name: 'main',
    files: /^main\//,
    rooms: ['main/engine', 'profile', 'formats', 'ipc'],
    packages: ['node:', 'commander', 'ws'],
  },
  { name: 'native/addon', files: /^native\/addon\//, rooms: [], packages: ['node:'] },
];

function roomOf(file: string): Room | undefined {
  return rooms.find((room) => room.files.test(file));
}

function isAllowedPackage(room: Room, specifier: string): boolean {
  return room.packages.some((name) =>
    name.endsWith(':') ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`),
  );
}

/** One sentence a forbidden import of `file`. */
export function forbiddenImports(file: string, source: string): string[] {
  const room = roomOf(file);
  if (!room || TEST_FILE.test(file)) return [];
  return ts.preProcessFile(source, true, true).importedFiles.flatMap(({ fileName: specifier }) => {
    if (!specifier.startsWith('.')) {
      return isAllowedPackage(room, specifier) ? [] : [`${file}: ${room.name} may not import the package ${specifier}`];
    }
    const target = normalize(join(dirname(file), specifier));
    const targetRoom = roomOf(target);
    if (TEST_FILE.test(target)) return [`${file}: only tests may import ${target}`];
    if (targetRoom === undefined) return [`${file}: ${target} is in no room`];
    if (targetRoom === room || room.rooms.includes(targetRoom.name)) return [];
    return [`${file}: ${room.name} may not import ${targetRoom.name} (${target})`];
  });
}

function sourcesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** Headers are shared in two places only: records.h and probe_records.h (kernel to helper, and the unwind row that the addon compiles), and wire.h. */
function forbiddenIncludes(file: string, source: string): string[] {
  return [...source.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)].flatMap(([, header = '']) => {
    const target = normalize(join(dirname(file), header));
    const sameRoom = dirname(target) === dirname(file);
    const shared = ['bpf/records.h', 'bpf/probe_records.h', 'native/helper/wire.h'].includes(target) || header === 'records.h' || header === 'wire.h';
    return sameRoom || shared ? [] : [`${file}: may not include ${target}`];
  });
}

if (import.meta.main) {
  const top = dirname(import.meta.dirname);
  const folders = ['profile', 'formats', 'ipc', 'renderer', 'main', 'native/addon'];
  const problems = folders
    .flatMap((folder) => sourcesBelow(join(top, folder)))
    .flatMap((path) => forbiddenImports(relative(top, path), readFileSync(path, 'utf8')));
  for (const folder of ['bpf', 'native/helper', 'native/hold', 'native/addon']) {
    for (const name of existsSync(join(top, folder)) ? readdirSync(join(top, folder)) : []) {
      if (/\.(c|h|cc)$/.test(name)) {
        problems.push(...forbiddenIncludes(`${folder}/${name}`, readFileSync(join(top, folder, name), 'utf8')));
      }
    }
  }
  for (const problem of problems) console.error(problem);
  console.log(`check-imports: ${problems.length === 0 ? 'every import is allowed' : `${problems.length} forbidden`}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
