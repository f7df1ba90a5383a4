// SPDX-License-Identifier: Apache-2.0
/**
 * The test oracle for unwind rows: what readelf of binutils says of each place of the code, put into the words of
 * unwind-rows.ts. Shares nothing with the addon.
 */
import { run } from './programs.ts';
import { readElfSymbols } from './symbol-table.ts';
import type { Row } from './unwind-rows.ts';

export interface DescribedFunction {
  /** Bytes into the file; `end` is exclusive. */
  at: number;
  end: number;
  rows: Row[];
}

export interface Frames {
  functions: DescribedFunction[];
  /** Why code has no row, and for how many places. */
  reasons: Map<string, number>;
}

/** A line of the interpreted dump: CFA and the registers that its function mentions. */
type Line = Record<string, string>;

const hex = (text: string) => parseInt(text, 16);
const HEADER = /^[0-9a-f]{8,} [0-9a-f]+ [0-9a-f]+ (?:(CIE)|FDE cie=([0-9a-f]+) pc=([0-9a-f]+)\.\.([0-9a-f]+))/;
/** Rows count in words. */
const FITS = (text: string) => Number(text) % 8 === 0 && Math.abs(Number(text)) <= 32767 * 8;

/** Without links to debug files, which it takes for an error to miss. */
function dump(what: string, path: string): string[] {
  return run('readelf', ['--wide', '--debug-dump=no-follow-links', `--debug-dump=${what}`, path]).split('\n');
}

/** The expressions of each function, with the place from which they hold: not in the interpreted dump. */
function expressionsOf(path: string): Map<string, { address: number; register: string; text: string }[]> {
  const found = new Map<string, { address: number; register: string; text: string }[]>();
  let expressions: { address: number; register: string; text: string }[] = [];
  let address = 0;
  for (const line of dump('frames', path)) {
    const header = line.startsWith(' ') ? null : HEADER.exec(line);
    if (header) {
      address = hex(header[3] ?? '0');
      expressions = [];
      found.set(line.slice(0, line.indexOf(' ')), expressions);
      continue;
    }
    if (line.startsWith('  DW_CFA_advance_loc') || line.startsWith('  DW_CFA_set_loc')) address = hex(line.slice(line.lastIndexOf(' ') + 1));
    if (!line.includes('expression')) continue;
    const expression = /DW_CFA_(def_cfa_)?expression:? (?:r\d+ \((\w+)\) )?\((.*)\)$/.exec(line);
    if (expression) expressions.push({ address, register: expression[1] ? 'CFA' : expression[2]!, text: expression[3]! });
  }
  return found;
}

/** A rule, or why there can be none. */
function ruleOf(line: Line, expression: (register: string) => string): { rule: string; reason?: string } {
  const none = (reason: string) => ({ rule: 'none', reason });
  if (line['ra'] === 'u') return { rule: 'outermost' };
  const cfa = line['CFA'] === 'exp' ? expression('CFA') : line['CFA']!;
  const signal = /^DW_OP_breg7 \(rsp\): (\d+); DW_OP_deref$/.exec(cfa);
  if (signal && line['ra'] === 'exp') {
    const base = Number(signal[1]);
    const says = (register: string, offset: number) => expression(register) === `DW_OP_breg7 (rsp): ${offset}`;
    return says('rip', base + 8) && says('rsp', base) && says('rbp', base - 40) ? { rule: `signal at sp+${base}` } : none('a signal frame unlike libc’s');
  }
  if (line['ra'] !== 'c-8') return none(`the return address is in ${line['ra']!.replace(/[+-]\d+/, '')}`);
  if (line['rsp'] && line['rsp'] !== 'u') return none('the stack pointer is not the CFA');

  const fp = line['rbp'] ?? 'u';
  const atCfa = /^c([+-]\d+)$/.exec(fp);
  if (fp === 'exp' && expression('rbp') !== 'DW_OP_breg6 (rbp): 0') return none(`fp by ${expression('rbp')}`);
  if (fp !== 'u' && fp !== 's' && fp !== 'exp' && !atCfa) return none(`fp in ${fp}`);
  if (atCfa && (Number(atCfa[1]) % 8 !== 0 || Math.abs(Number(atCfa[1])) > 127 * 8 || Number(atCfa[1]) === 0)) return none('fp too far away');
  // GCC leaves it so behind the pop, where the frame pointer is the caller's again.
  if (fp === 'exp' && cfa === 'rsp+8') return { rule: 'sp+8' };
  const saved = fp === 'exp' ? ', fp at fp' : atCfa ? `, fp at cfa${atCfa[1]}` : '';

  const plain = /^r([sb])p([+-]\d+)$/.exec(cfa);
  if (plain) return FITS(plain[2]!) ? { rule: `${plain[1] === 's' ? 'sp' : 'fp'}${plain[2]}${saved}` } : none('CFA too far away');
  const other = /^(r\w+)[+-]\d+$/.exec(cfa);
  if (other) return none(`CFA in ${other[1]}`);
  const pointed = /^DW_OP_breg[67] \(r([sb])p\): (-?\d+); DW_OP_deref(; DW_OP_plus_uconst: 8)?$/.exec(cfa);
  if (pointed) {
    const place = `${pointed[1] === 's' ? 'sp' : 'fp'}${Number(pointed[2]) < 0 ? '' : '+'}${pointed[2]}`;
    return { rule: `*(${place})${pointed[3] ? '+8' : ''}${saved}` };
  }
  const stub =
    /^DW_OP_breg7 \(rsp\): (\d+); DW_OP_breg16 \(rip\): 0; DW_OP_lit15; DW_OP_and; DW_OP_lit(\d+); DW_OP_ge; DW_OP_lit3; DW_OP_shl; DW_OP_plus$/.exec(cfa);
  if (stub && saved === '') return { rule: `stub sp+${stub[1]} from ${stub[2]}` };
  return none(`CFA = ${cfa.replace(/: -?\d+;/g, ': n;')}`);
}

export function readFrames(path: string): Frames {
  const expressions = expressionsOf(path);
  const { code } = readElfSymbols(path, []);
  const reasons = new Map<string, number>();
  const functions: DescribedFunction[] = [];
  const defaults = new Map<string, Line>();
  let columns: string[] = [];
  let id = '';
  let current: (DescribedFunction & { bias: number; cie: string }) | undefined;

  const offsetOf = (address: number) => {
    const part = code.find((c) => address >= c.address && address < c.address + c.size);
    if (!part) throw new Error(`no segment has ${address.toString(16)}`);
    return part.address - part.fileOffset;
  };
  const add = (address: number, line: Line) => {
    // After its last instruction: of nothing.
    if (address - current!.bias >= current!.end) return;
    const expression = (register: string) => {
      const before = (expressions.get(id) ?? []).filter((e) => e.register === register && e.address <= address);
      return before.at(-1)?.text ?? '';
    };
    const { rule, reason } = ruleOf(line, expression);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    current!.rows.push({ at: address - current!.bias, rule });
  };
  const finish = () => {
    // Without instructions of its own: as its CIE says.
    if (current && current.rows.length === 0 && current.end > current.at) add(current.at + current.bias, defaults.get(current.cie)!);
    current = undefined;
  };

  for (const line of dump('frames-interp', path)) {
    const header = HEADER.exec(line);
    if (header) {
      finish();
      id = line.slice(0, line.indexOf(' '));
      if (header[1]) continue;
      const [start, end] = [hex(header[3]!), hex(header[4]!)];
      const bias = offsetOf(start);
      current = { at: start - bias, end: end - bias, rows: [], bias, cie: header[2]! };
      functions.push(current);
    } else if (line.startsWith('   LOC ')) {
      columns = line.trim().split(/\s+/);
    } else if (/^[0-9a-f]{16} /.test(line)) {
      const cells = line.replace(/ \(\w+\)/g, '').trim().split(/\s+/);
      const values = Object.fromEntries(columns.map((column, i) => [column, cells[i]!]));
      if (current) add(hex(cells[0]!), values);
      else defaults.set(id, values);
    }
  }
  finish();
  functions.sort((a, b) => a.at - b.at);
  return { functions, reasons };
}
