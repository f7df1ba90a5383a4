// SPDX-License-Identifier: Apache-2.0
/** Functions, inlined functions and lines of random addresses in functions, against two other readers of DWARF. */
import { existsSync, realpathSync } from 'node:fs';
import { loadAddon } from '../../main/engine/symbolication/addon.ts';
import { readElfSymbols } from '../../native/addon/testing/symbol-table.ts';
import { baseName } from '../../profile/names.ts';
import { count, markdownTable, percent } from './markdown.ts';
import { classes, classOf, type NameClass } from './name-classes.ts';
import { DEBUG_FOLDERS, readLayout, symbolAddress } from './object-files.ts';
import { randomOffsets } from './random-offsets.ts';
import { ourChains, symbolizers, type Chain, type Symbolizer } from './symbolizers.ts';

const ADDRESSES = 2000;

const objects = [
  '/lib/x86_64-linux-gnu/libc.so.6', '/usr/bin/python3', '/usr/lib/x86_64-linux-gnu/libsqlite3.so.0', '/usr/lib/x86_64-linux-gnu/libcrypto.so.3',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6', '/usr/bin/perl', '/usr/bin/node', '/usr/lib/jvm/default-java/lib/server/libjvm.so',
  'build/native/emberscope.node', 'build/native/emberscope-helper', 'build/programs/stock-templates-gcc', 'build/programs/stock-templates-clang', 'build/programs/stock-crab',
];

/** Whether two names stand at one address in the file's symbol tables. */
function aliasesOf(files: readonly string[], demangle: (name: string) => string): (a: string, b: string) => boolean {
  const addresses = new Map<string, Set<number>>();
  for (const { name, address } of files.flatMap((file) => readElfSymbols(file).symbols)) {
    const key = demangle(name.replace(/@.*$/, ''));
    addresses.set(key, (addresses.get(key) ?? new Set()).add(address));
  }
  return (a, b) => [...(addresses.get(a) ?? [])].some((address) => addresses.get(b)?.has(address));
}

interface Compared {
  counts: Map<NameClass, number>;
  /** One of each class: the address, ours and theirs. */
  examples: Map<NameClass, string>;
}

const short = (name: string): string => (name.length > 60 ? `${name.slice(0, 59)}…` : name || '?');
const written = (chain: Chain): string => chain.map(({ name, file, line }) => `${short(name)}${file ? ` ${file}:${line}` : ''}`).join(' > ') || 'nothing';

function compare(ours: readonly Chain[], theirs: readonly Chain[], addresses: readonly number[], sameAddress: (a: string, b: string) => boolean): Compared {
  const compared: Compared = { counts: new Map(), examples: new Map() };
  ours.forEach((chain, i) => {
    const found = classOf(chain, theirs[i] ?? [], sameAddress);
    compared.counts.set(found, (compared.counts.get(found) ?? 0) + 1);
    if (!compared.examples.has(found)) compared.examples.set(found, `0x${addresses[i]!.toString(16)}: ours ${written(chain)}; theirs ${written(theirs[i] ?? [])}`);
  });
  return compared;
}

/** Functions agree in these, but for how they are written. */
const SAME_FUNCTION: readonly NameClass[] = ['same', 'alias', 'suffix', 'spelling', 'innerName', 'fewerInlined', 'moreInlined', 'fileOfSymbol', 'lineUnknown', 'otherLine'];
/** And these agree in the whole chain of functions. */
const SAME_CHAIN: readonly NameClass[] = ['same', 'alias', 'suffix', 'spelling', 'fileOfSymbol', 'lineUnknown', 'otherLine'];

interface Row {
  cells: string[];
  compared: Compared;
}

async function measure(path: string, tools: readonly Symbolizer[]): Promise<Row[]> {
  const addon = loadAddon();
  const object = realpathSync(path);
  const layout = readLayout(object);
  const offsets = randomOffsets(layout, (await addon.compileUnwindRows(object, '')).rows, ADDRESSES);
  const addresses = [...offsets].map((offset) => symbolAddress(layout, offset));
  const opened = await addon.openObject(object, '', DEBUG_FOLDERS);
  try {
    const ours = await ourChains(addon, opened, offsets);
    // The tools are told which file to read: not all of them look for it by build id.
    const source = opened.debugFile || object;
    const sameAddress = aliasesOf(source === object ? [object] : [object, source], (name) => addon.demangle(name));
    return tools.map((tool) => {
      const compared = compare(ours, tool.chains(source, addresses), addresses, sameAddress);
      const sum = (which: readonly NameClass[]): number => which.reduce((all, each) => all + (compared.counts.get(each) ?? 0), 0);
      const both = offsets.length - sum(['neither', 'onlyOurs', 'onlyTheirs']);
      const others = [...compared.counts].filter(([each]) => each !== 'same' && each !== 'neither').sort((a, b) => b[1] - a[1]);
      const cells = [
        baseName(object), { own: 'in the file', 'debug-file': 'debug file', none: 'none' }[opened.debugInfo], tool.name, count(offsets.length), count(both),
        percent(sum(SAME_FUNCTION), both), percent(sum(SAME_CHAIN), both), percent(sum(['same', 'fileOfSymbol']), both),
        others.map(([each, addresses]) => `${addresses} ${each}`).join(', ') || '-',
      ];
      return { cells, compared };
    });
  } finally {
    addon.forgetDebugInfo();
    addon.closeObject(opened.handle);
  }
}

/** @returns Markdown */
export async function measureNames(): Promise<string> {
  const addon = loadAddon();
  const tools = symbolizers((name) => addon.demangle(name));
  const rows: Row[] = [];
  const absent: string[] = [];
  for (const path of objects) {
    if (!existsSync(path)) absent.push(path);
    else {
      console.error(`  ${path}`);
      rows.push(...(await measure(path, tools)));
    }
  }
  const totals = new Map<NameClass, number>();
  for (const { compared } of rows) for (const [each, addresses] of compared.counts) totals.set(each, (totals.get(each) ?? 0) + addresses);
  for (const { cells, compared } of rows) {
    for (const [each, example] of compared.examples) {
      if (!['same', 'neither', 'fileOfSymbol'].includes(each)) console.error(`    ${cells[0]}, ${cells[2]}, ${each}: ${example}`);
    }
  }
  const all = [...totals.values()].reduce((sum, addresses) => sum + addresses, 0);
  return [
    `${tools.map(({ name, version }) => `${name} ${version}`).join(', ')}; up to ${count(ADDRESSES)} addresses of each file.`,
    '',
    markdownTable(['file', 'DWARF', 'against', 'addresses', 'both name a function', 'same function', 'same functions, inlined ones too', 'and same files and lines', 'the others'], rows.map(({ cells }) => cells)),
    '',
    markdownTable(['class', 'what it is', 'addresses', 'share'], (Object.keys(classes) as NameClass[]).filter((each) => totals.has(each)).map((each) => [each, classes[each], count(totals.get(each)!), percent(totals.get(each)!, all)])),
    '',
    ...absent.map((path) => `- ${path} is not installed: not measured`),
  ].join('\n');
}
