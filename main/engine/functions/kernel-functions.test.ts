// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parseLocations, parsePrototype, parseTold, valueOfC } from './c-prototype.ts';
import { KernelFunctions } from './kernel-functions.ts';
import { parseBlocklist, parseKallsyms, parseTraceable, parseTracepoints } from './kernel-names.ts';
import { groupName, readyQuestions } from './ready-questions.ts';
import { ENTRY_PREFIX, systemCallNames, systemCallOf } from './system-calls.ts';
import { parseTracepointFormat } from './tracepoint-format.ts';

const kallsyms = `0000000000000000 T vfs_read
0000000000000000 T __pfx_vfs_read
0000000000000000 D jiffies
0000000000000000 t sort.isra.0
0000000000000000 t do_nmi
0000000000000000 T ${ENTRY_PREFIX}clone
0000000000000000 T ${ENTRY_PREFIX}newstat
0000000000000000 t free_slot.cold
0000000000000000 t xfs_open\t[xfs]
0000000000000000 t bpf_prog_6deef7357e7b4530\t[bpf]
0000000000000000 T register_kprobe
0000000000000000 t no newline`;

const lists = { traceable: new Set(['vfs_read', 'sort.isra.0']), blocklist: new Set(['do_nmi']), tracepoints: [] };
const unknown = { traceable: null, blocklist: null, tracepoints: null };
const abilities = { kprobes: true, fentry: null, lockdown: 'none' };

describe('names of the kernel', () => {
  it('are read from its lists', () => {
    const symbols = parseKallsyms(kallsyms);
    expect([...symbols.keys()]).toEqual(['vfs_read', 'sort.isra.0', 'do_nmi', `${ENTRY_PREFIX}clone`, `${ENTRY_PREFIX}newstat`, 'xfs_open', 'register_kprobe', 'no newline']);
    expect(symbols.get('xfs_open')).toBe('xfs');
    expect([...parseTraceable('vfs_read\nxfs_open [xfs]\n')]).toEqual(['vfs_read', 'xfs_open']);
    expect([...parseBlocklist('0xffff-0xfffff\tdo_nmi\ndo_int3\n')]).toEqual(['do_nmi', 'do_int3']);
    expect(parseTracepoints('sched:sched_switch\nbroken\na:b c:d\n')).toEqual(['sched:sched_switch']);
  });

  it('of system calls are found however they are written', () => {
    const kernel = new KernelFunctions(parseKallsyms(kallsyms), unknown, abilities);
    for (const name of ['sys_clone', 'kprobe__sys_clone', 'SyS_clone', `${ENTRY_PREFIX}clone`]) {
      expect(kernel.find(name)).toEqual({ name: 'sys_clone', symbol: `${ENTRY_PREFIX}clone`, module: 'kernel', systemCall: true });
    }
    expect(kernel.find('sys_stat')?.symbol).toBe(`${ENTRY_PREFIX}newstat`);
    expect(kernel.find('sys_fork')).toBeNull();
    expect(systemCallOf('vfs_read')).toBeNull();
  });
});

describe('why not', () => {
  it('is said in words, with what to do', async () => {
    const kernel = new KernelFunctions(parseKallsyms(kallsyms), lists, abilities);
    expect(kernel.whyNot('vfs_read')).toBe('');
    expect(kernel.whyNot('do_nmi')).toMatch(/blocklist/);
    expect(kernel.whyNot('xfs_open')).toMatch(/notrace/);
    expect(await kernel.whyMissing('sort')).toMatch(/changed copies: sort\.isra\.0/);
    expect(await kernel.whyMissing('vfs_raed')).toMatch(/Is it vfs_read/);
    expect(await kernel.whyMissing('%n\0'.repeat(30_000))).toMatch(/no function/);
  });

  it('may be the whole kernel', () => {
    const symbols = parseKallsyms(kallsyms);
    expect(new KernelFunctions(symbols, unknown, { ...abilities, kprobes: false }).whyNot('vfs_read')).toMatch(/without kprobes/);
    const withTracepoints = { ...unknown, tracepoints: ['syscalls:sys_enter_clone'] };
    expect(new KernelFunctions(symbols, withTracepoints, { ...abilities, kprobes: false }).whyNot(`${ENTRY_PREFIX}clone`)).toMatch(/syscalls:sys_enter_clone, or syscalls:sys_exit_clone/);
    expect(new KernelFunctions(symbols, unknown, { ...abilities, kprobes: false, fentry: true }).whyNot('vfs_read')).toBe('');
    expect(new KernelFunctions(symbols, unknown, { ...abilities, lockdown: 'confidentiality' }).whyNot('vfs_read')).toMatch(/locked down/);
    const kernel = new KernelFunctions(symbols, unknown, abilities);
    expect(kernel.availabilityKnown).toBe(false);
    kernel.learn({}, lists);
    expect(kernel.availabilityKnown).toBe(true);
  });
});

describe('types', () => {
  it('come from formats of tracepoints', () => {
    const format = `name: x
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;
\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;
\tfield:const char * filename;\toffset:32;\tsize:8;\tsigned:0;
print fmt: "field:int x;"`;
    expect(parseTracepointFormat(format)).toEqual([
      { name: 'prev_comm', type: 'char[16]', offset: 8, size: 16, signed: false },
      { name: 'prev_pid', type: 'pid_t', offset: 24, size: 4, signed: true },
      { name: 'filename', type: 'const char *', offset: 32, size: 8, signed: false },
    ]);
  });

  it('come from what a helper tells of fields, and from notes of markers', () => {
    expect(parseTold('comm:text pid:s4 flags:u8 rest:other')?.arguments.map(({ name, bytes, signed, form }) => [name, bytes, signed, form])).toEqual([
      ['comm', 8, false, 'text'],
      ['pid', 4, true, 'integer'],
      ['flags', 8, false, 'integer'],
      ['rest', 8, false, 'other'],
    ]);
    for (const text of ['', 'the verifier said no', 'a:s3']) expect(parseTold(text)).toBeNull();
    expect(parseLocations('-4@%edi 8@-16(%rbp) 2@$5').arguments.map(({ name, type }) => `${type} ${name}`)).toEqual(['int32_t arg1', 'uint64_t arg2', 'uint16_t arg3']);
    expect(parseLocations('').arguments).toEqual([]);
  });

  it('are read as C writes them', () => {
    expect(valueOfC('const char *')).toMatchObject({ form: 'text', bytes: 8 });
    expect(valueOfC('unsigned int')).toMatchObject({ form: 'integer', bytes: 4, signed: false });
    expect(valueOfC('long')).toMatchObject({ bytes: 8, signed: true });
    expect(valueOfC('size_t')).toMatchObject({ bytes: 8, signed: false });
    expect(valueOfC('struct iovec *')).toMatchObject({ form: 'pointer' });
    expect(parsePrototype('void *malloc(size_t size)')).toMatchObject({ name: 'malloc', prototype: { arguments: [{ name: 'size' }], returns: { form: 'pointer' } } });
    expect(parsePrototype('void free(void *ptr)')?.prototype).toMatchObject({ arguments: [{ name: 'ptr', type: 'void *' }], returns: null });
  });
});

describe('ready questions', () => {
  it('have a sentence each, and names for their groups', () => {
    const questions = readyQuestions();
    expect(questions.length).toBe(40);
    expect(new Set(questions.map(({ name }) => name)).size).toBe(40);
    for (const { reading, bcc } of questions) expect([reading.endsWith('.'), bcc]).toEqual([true, expect.stringMatching(/^([a-z]+(, [a-z]+)*)?$/)]);
    const read = [...systemCallNames].find(([, name]) => name === 'read')![0];
    expect(groupName('syscalls', read)).toBe('read');
    expect(groupName('syscalls', 99_999)).toBe('system call 99999');
    expect(groupName('switches', 1)).toBe('involuntary');
    expect([groupName('run-queue-length', 3), groupName('soft-interrupts', 3), groupName('page-cache', 1), groupName('syncs', read)]).toEqual(['CPU 3', 'NET_RX', 'missed', 'read']);
    expect(groupName('interrupts', 4_000)).toBe('interrupt 4000');
    expect(groupName('block-io', 253 * 2 ** 20 + 77)).toBe('253:77');
  });
});
