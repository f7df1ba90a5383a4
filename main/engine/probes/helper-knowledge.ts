// SPDX-License-Identifier: Apache-2.0
/** What only a helper that traces knows of its kernel: what is there to be probed, and by what means. Asked for once. */
import type { Catalogue } from '../functions/catalogue.ts';
import type { KernelAbilities } from '../functions/kernel-functions.ts';
import { parseBlocklist, parseTraceable, parseTracepoints, type KernelLists } from '../functions/kernel-names.ts';
import { AskFor, Capability, ListKind } from '../wire-layout.gen.ts';
import { encodeAsk } from '../wire-probe-encoder.ts';
import type { CapabilitiesFrame, ListFrame } from '../wire-probe-frames.ts';

/** Characters of a list; kernels have some 60,000 functions. */
const MOST_TEXT = 64 * 2 ** 20;
const lockdowns = ['none', 'integrity', 'confidentiality'];

export class HelperKnowledge {
  readonly #catalogue: Catalogue;
  /** By list: what came of it. */
  readonly #texts = new Map<number, string[]>();
  readonly #lists: KernelLists = { traceable: null, blocklist: null, tracepoints: null };

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  ask(send: (bytes: Uint8Array) => void): void {
    send(encodeAsk(AskFor.capabilities));
    send(encodeAsk(AskFor.lists));
  }

  capabilities({ capabilities }: CapabilitiesFrame): void {
    const abilities: Partial<KernelAbilities> = {};
    for (const { kind, error, value } of capabilities) {
      if (kind === Capability.kprobes) abilities.kprobes = error === 0;
      else if (kind === Capability.fentry) abilities.fentry = error === 0;
      else if (kind === Capability.lockdown && error === 0) abilities.lockdown = lockdowns[value] ?? 'none';
    }
    void this.#catalogue.learn(abilities, null);
  }

  list({ list, error, last, text }: ListFrame): void {
    let texts = this.#texts.get(list);
    if (!texts) this.#texts.set(list, (texts = []));
    if (texts.reduce((sum, each) => sum + each.length, text.length) > MOST_TEXT) return;
    texts.push(text);
    if (!last) return;
    this.#texts.delete(list);
    if (error !== 0) return;
    const whole = texts.join('');
    if (list === ListKind.functions) this.#lists.traceable = parseTraceable(whole);
    else if (list === ListKind.blocklist) this.#lists.blocklist = parseBlocklist(whole);
    else if (list === ListKind.tracepoints) this.#lists.tracepoints = parseTracepoints(whole);
    void this.#catalogue.learn({}, this.#lists);
  }
}
