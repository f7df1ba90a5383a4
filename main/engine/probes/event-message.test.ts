// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parsePrototype } from '../functions/c-prototype.ts';
import { HitFlag, ProbeReason, ProbeState } from '../wire-layout.gen.ts';
import type { ProbeEvent } from '../wire-probe-frames.ts';
import { eventMessage, valueText } from './event-message.ts';
import { reasonText } from './probe-refusals.ts';

const hit = (change: Partial<ProbeEvent>): ProbeEvent => ({
  ...{ timeNs: 0, durationNs: 0, userStack: 0n, kernelStack: 0n, value: 0n, arguments: [0n, 0n, 0n, 0n, 0n, 0n], probe: 1, function: 0 },
  ...{ tgid: 1, tid: 1, cpu: 0, flags: 0, preemptDepth: 0, comm: 'a', text: '', ...change },
});
const planned = (prototype: string) => ({ name: 'f', symbol: 'f', prototype: parsePrototype(prototype)?.prototype ?? null });

describe('the message of a hit', () => {
  it('has arguments by name and type, and what was returned', () => {
    const openat = planned('long openat(int dfd, const char *filename, int flags, umode_t mode)');
    const words = [0xffff_ff9cn, 0x7fff_1234n, 0x8_0000n, 0o644n, 9n, 9n];
    expect(eventMessage(hit({ arguments: words, text: '/etc/passwd' }), openat, 2)).toBe('f(dfd=-100, filename="/etc/passwd", flags=0x80000, mode=0644)');
    expect(eventMessage(hit({ arguments: words, flags: HitFlag.return, value: -2n }), openat, 0)).toBe('f(dfd=-100, filename=0x7fff1234, flags=0x80000, mode=0644) = -2 ENOENT');
    expect(eventMessage(hit({ flags: HitFlag.return }), planned('void free(void *ptr)'), 0)).toBe('f(ptr=NULL)');
    expect(eventMessage(hit({ flags: HitFlag.return, value: 0x7f00_0000_1000n }), planned('void *malloc(size_t size)'), 0)).toBe('f(size=0) = 0x7f0000001000');
  });

  it('says no more than is known', () => {
    const unknown = { name: 'f', symbol: 'f', prototype: null };
    expect(eventMessage(hit({ arguments: [1n] }), unknown, 0)).toBe('f()');
    expect(eventMessage(hit({ flags: HitFlag.return, value: -1n }), unknown, 0)).toBe('f() = -1');
    const long = planned('int f(int a, int b, int c, int d, int e, int g, int h)');
    expect(eventMessage(hit({}), long, 0)).toBe('f(a=0, b=0, c=0, d=0, e=0, g=0, …)');
  });

  it('makes hostile text harmless, and tells one that was cut', () => {
    const named = planned('int f(const char *name)');
    expect(eventMessage(hit({ text: 'a"\n\x1b[2J\u202e' }), named, 1)).toBe('f(name="a\\"\\n\\u001b[2J\ufffd")');
    expect(eventMessage(hit({ text: 'x'.repeat(63) }), named, 1)).toMatch(/x"…\)$/);
    expect(eventMessage(hit({}), { ...named, name: 'a\nb' }, 0)).not.toContain('\n');
  });

  it('cuts values to their width', () => {
    const value = (bytes: number, signed: boolean) => ({ name: 'n', type: '', bytes, signed, form: 'integer' as const });
    expect(valueText(0xffff_ffff_ffff_ffffn, value(4, true))).toBe('-1');
    expect(valueText(0xffff_ffff_ffff_ffffn, value(2, false))).toBe('65535');
    expect(valueText(0xffff_ffff_ffff_ffffn, value(8, false))).toBe('18446744073709551615');
    expect(valueText(256n, { ...value(1, false), form: 'boolean' })).toBe('false');
  });
});

describe('reasons', () => {
  const frame = { type: 'probeState', probe: 1, state: ProbeState.refused, mechanism: 0, functions: 0, value: 13, text: 'detail' } as const;
  it('are all sentences, also one that this version does not know', () => {
    for (const [name, reason] of Object.entries(ProbeReason)) {
      const words = reasonText({ ...frame, reason });
      if (name === 'fine' || name === 'asked') expect(words).toBe('');
      else expect(words).toMatch(/^[A-Z].*\.$/);
    }
    expect(reasonText({ ...frame, reason: 999 })).toMatch(/999.*\.$/);
    expect(reasonText({ ...frame, reason: ProbeReason.budget, value: 73 })).toContain('7.3 %');
  });
});
