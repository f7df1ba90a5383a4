// SPDX-License-Identifier: Apache-2.0
/**
 * Writes main/engine/wire-layout.gen.ts from native/helper/wire.h: the names are read from the header and its parts, every
 * number (value, size, offset) is printed by a small C program that the compiler made of it.
 *
 *     node scripts/generate-wire-layout.ts           write the file
 *     node scripts/generate-wire-layout.ts --check   exit 1 with a sentence when it is stale
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const headerPath = join(root, 'native/helper/wire.h');
const outputPath = join(root, 'main/engine/wire-layout.gen.ts');

/** enum of wire.h -> name in TypeScript, and the prefix its constants share. */
const enumNames: Record<string, readonly [name: string, prefix: string]> = {
  wire_type: ['WireType', 'WIRE_'],
  wire_start_flags: ['StartFlag', 'WIRE_START_'],
  wire_event: ['SampleEvent', 'WIRE_EVENT_'],
  wire_features: ['Feature', 'WIRE_FEATURE_'],
  wire_sampling: ['Sampling', 'WIRE_SAMPLING_'],
  wire_process_flags: ['ProcessFlag', 'WIRE_PROCESS_'],
  wire_mapping_flags: ['MappingFlag', 'WIRE_MAPPING_'],
  wire_stack_space: ['StackSpace', 'WIRE_STACK_'],
  wire_stack_end: ['WalkEnd', 'WIRE_END_'],
  wire_loss: ['LossCause', 'WIRE_LOSS_'],
  wire_note_kind: ['WireNoteKind', 'WIRE_NOTE_'],
  wire_error: ['WireError', 'WIRE_ERROR_'],
  wire_end_reason: ['EndReason', 'WIRE_REASON_'],
  wire_probe_kind: ['WireProbeKind', 'WIRE_PROBE_'],
  wire_mechanism: ['Mechanism', 'WIRE_MECHANISM_'],
  wire_probe_flags: ['ProbeFlag', 'WIRE_PROBE_'],
  wire_measure: ['WireMeasure', 'WIRE_MEASURE_'],
  wire_test: ['FilterTest', 'WIRE_TEST_'],
  wire_ask_for: ['AskFor', 'WIRE_ASK_'],
  wire_probe_state_kind: ['ProbeState', 'WIRE_PROBE_'],
  wire_probe_reason: ['ProbeReason', 'WIRE_PROBE_'],
  wire_hit_flags: ['HitFlag', 'WIRE_HIT_'],
  wire_event_column: ['EventColumn', 'WIRE_COLUMN_'],
  wire_capability_kind: ['Capability', 'WIRE_CAPABILITY_'],
  wire_list_kind: ['ListKind', 'WIRE_LIST_'],
  wire_wait_kind: ['WaitKind', 'WIRE_WAIT_'],
};

const fieldTypes: Record<string, string> = {
  uint8_t: 'u8',
  uint16_t: 'u16',
  uint32_t: 'u32',
  uint64_t: 'u64',
  int64_t: 'i64',
  char: 'text',
};

interface Field {
  name: string;
  type: string;
}

function camel(snake: string): string {
  return snake.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The names in the header: constants, enums and structs. Throws on what this script does not know. */
function readNames(header: string) {
  const code = header.replace(/\/\*[\s\S]*?\*\//g, '');
  const constants = [...code.matchAll(/^#define (WIRE_\w+) /gm)].map((match) => match[1]!);
  const enums = [...code.matchAll(/enum (\w+) \{([\s\S]*?)\};/g)].map((match) => ({
    name: match[1]!,
    members: [...match[2]!.matchAll(/(WIRE_\w+)/g)].map((member) => member[1]!),
  }));
  const structs = [...code.matchAll(/struct (\w+) \{([\s\S]*?)\};/g)].map((match) => ({
    name: match[1]!,
    fields: match[2]!
      .split(';')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line): Field => {
        const parts = /^(\w+) (\w+)(\[\w+\])?$/.exec(line);
        const type = parts && fieldTypes[parts[1]!];
        if (!parts || !type) throw new Error(`wire.h: struct ${match[1]}: cannot read the field "${line}"`);
        return { name: parts[2]!, type: parts[3] && type === 'u8' ? 'bytes' : type };
      }),
  }));
  for (const { name } of enums) {
    if (!enumNames[name]) throw new Error(`wire.h: enum ${name} has no name in scripts/generate-wire-layout.ts`);
  }
  return { constants, enums, structs };
}

/** A C program that prints the TypeScript file. */
function program({ constants, enums, structs }: ReturnType<typeof readNames>): string {
  const body: string[] = [];
  const print = (text: string) => body.push(`puts(${JSON.stringify(text)});`);
  const printNumber = (before: string, value: string, after: string) =>
    body.push(`printf("%s%lld%s\\n", ${JSON.stringify(before)}, (long long)(${value}), ${JSON.stringify(after)});`);

  print('// SPDX-License-Identifier: Apache-2.0');
  print('// Written by scripts/generate-wire-layout.ts from native/helper/wire.h. Do not edit.');
  print('');
  for (const name of constants) printNumber(`export const ${name} = `, name, ';');
  for (const { name, members } of enums) {
    const [typeName, prefix] = enumNames[name]!;
    print(`\n/** enum ${name} */\nexport const ${typeName} = {`);
    for (const member of members) printNumber(`  ${camel(member.slice(prefix.length))}: `, member, ',');
    print(`} as const;\nexport type ${typeName} = (typeof ${typeName})[keyof typeof ${typeName}];`);
  }
  for (const { name, fields } of structs) {
    print(`\n/** struct ${name}: its size and the offset of each field, bytes. */`);
    printNumber(`export const ${camel(name)} = { size: `, `sizeof(struct ${name})`, ',');
    for (const field of fields) {
      printNumber(`  ${camel(field.name)}: `, `offsetof(struct ${name}, ${field.name})`, ',');
    }
    print('} as const;');
  }
  print('\n/** How each field is kept; text and bytes are zero padded to `length` bytes. */');
  print('export const wireFields = {');
  for (const { name, fields } of structs) {
    print(`  ${camel(name)}: {`);
    for (const field of fields) {
      const at = `((struct ${name} *)0)->${field.name}`;
      body.push(
        `printf("    %s: { type: '%s', offset: %zu, length: %zu },\\n", "${camel(field.name)}", "${field.type}",` +
          ` offsetof(struct ${name}, ${field.name}), sizeof(${at}));`,
      );
    }
    print('  },');
  }
  print('} as const;');
  print(`\nexport type WireStruct = ${structs.map(({ name }) => `'${camel(name)}'`).join(' | ')};`);
  return [
    '#include <stddef.h>',
    '#include <stdio.h>',
    `#include ${JSON.stringify(headerPath)}`,
    `int main(void) {\n\t${body.join('\n\t')}\n\treturn 0;\n}`,
  ].join('\n');
}

function run(command: string, args: readonly string[], input?: string): string {
  const result = spawnSync(command, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  if (result.error) throw new Error(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${result.stderr}`);
  return result.stdout;
}

function tidy(text: string): string {
  return text.replace(/\{ size: (\d+),\n/g, '{\n  size: $1,\n').replace(
    /^export type WireStruct = (.*);$/m,
    (_, names: string) => `export type WireStruct =\n  | ${names.split(' | ').join('\n  | ')};`,
  );
}

export function generate(): string {
  const header = readFileSync(headerPath, 'utf8');
  const parts = [...header.matchAll(/^#include "(wire_\w+\.h)"$/gm)].map(([, part]) => readFileSync(join(dirname(headerPath), part!), 'utf8'));
  const source = program(readNames([header, ...parts].join('')));
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-wire-'));
  try {
    const binary = join(folder, 'layout');
    run(process.env['CC'] ?? 'cc', ['-std=gnu11', '-Wall', '-Werror', '-x', 'c', '-', '-o', binary], source);
    return tidy(run(binary, []));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const text = generate();
    if (!process.argv.includes('--check')) {
      writeFileSync(outputPath, text);
    } else if (text !== readFileSync(outputPath, 'utf8')) {
      console.error('main/engine/wire-layout.gen.ts is stale: run `node scripts/generate-wire-layout.ts` and commit it.');
      process.exitCode = 1;
    }
  } catch (error) {
    console.error(`The layout of wire.h could not be written: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
