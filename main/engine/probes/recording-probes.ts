// SPDX-License-Identifier: Apache-2.0
/** The probes of one live recording: asked for, attached or refused, with their figures, and detached. */
import type { ProbeFigures, ProbeInfo, ProbeRequest } from '../../../ipc/contract.ts';
import type { Catalogue } from '../functions/catalogue.ts';
import { parseTold } from '../functions/c-prototype.ts';
import { isCalled } from '../functions/mapped-files.ts';
import { Listeners } from '../listeners.ts';
import { cachedLibraries } from '../processes/command-files.ts';
import type { LaunchedCommand } from '../processes/launched-command.ts';
import { encodeDetach, encodeProbe } from '../wire-probe-encoder.ts';
import type { ModuleFrame, WireFrame } from '../wire-frames.ts';
import { FilterTest, Mechanism, ProbeReason, ProbeState } from '../wire-layout.gen.ts';
import type { ProbeFiguresFrame, ProbeStateFrame } from '../wire-probe-frames.ts';
import { mechanismName, NO_FIGURES } from './probe-info.ts';
import { planProbe, unitOf, type Planned, type ProbePlan } from './probe-plan.ts';
import { ATTACHED_LATE, ENDED, NOT_MAPPED, reasonText } from './probe-refusals.ts';
import type { ProbeRows } from './probe-rows.ts';

/** The helper announces files that are mapped already within a moment of the start. */
const MODULE_PATIENCE_MS = 5_000;
const SECOND_NS = 1e9;

interface Probe {
  number: number;
  plan: ProbePlan;
  /** null: it waits. */
  info: ProbeInfo | null;
  settled: PromiseWithResolvers<ProbeInfo>;
  /** What there is to know of it though it is attached; else empty. */
  note: string;
  /** Of the calls, for their rate. */
  last: { timeNs: number; calls: number } | null;
}

export interface ProbeTargets {
  /** Of the targets; none: the whole system. */
  tgids: readonly number[];
  /** The target, where it is one that was launched. */
  command: LaunchedCommand | null;
  send: (bytes: Uint8Array) => void;
}

export class RecordingProbes {
  readonly #catalogue: Catalogue;
  readonly #rows: ProbeRows;
  readonly #targets: ProbeTargets;
  readonly #listeners = new Listeners();
  /** By the number that the helper knows. */
  readonly #probes = new Map<number, Probe>();
  /** By their rows, and so in the order in which they were attached. */
  #infos: ProbeInfo[] = [];
  /** By path: the number by which the helper knows the file, and who has mapped it. */
  readonly #modules = new Map<string, { module: number; tgid: number }>();
  readonly #moduleCame = new Listeners();
  /** Neither attached nor refused, nor waiting for their file. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** Asked of a launched command, which has not mapped the file yet. */
  readonly #waiting = new Set<{ request: ProbeRequest; file: string }>();
  #count = 0;
  #ended = false;

  constructor(catalogue: Catalogue, rows: ProbeRows, targets: ProbeTargets) {
    this.#catalogue = catalogue;
    this.#rows = rows;
    this.#targets = targets;
  }

  /** Of the targets; none: the whole system. */
  get tgids(): readonly number[] {
    return this.#targets.tgids;
  }

  get infos(): ProbeInfo[] {
    return this.#infos;
  }

  /** Told when states or figures have changed; returns what ends it. */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Those that are attached once the launched command maps their file. */
  get waiting(): readonly ProbeRequest[] {
    return Array.from(this.#waiting, ({ request }) => request);
  }

  /**
   * Resolves when it is attached or refused; null: it waits until the launched command maps its file.
   * @throws FailureError badProbe, tooManyFunctions
   */
  attach(request: ProbeRequest): Promise<ProbeInfo | null> {
    return this.#counted(this.#attach(request));
  }

  /** Resolves when nothing is being attached. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #counted<T>(attaching: Promise<T>): Promise<T> {
    this.#underWay.add(attaching);
    try {
      return await attaching;
    } finally {
      this.#underWay.delete(attaching);
    }
  }

  async #attach(request: ProbeRequest): Promise<ProbeInfo | null> {
    const planned = await this.#plan(request);
    if (planned.plan !== null) return this.#ask(planned.plan, '');
    if (planned.unmapped === undefined || this.#targets.command === null || this.#ended) return this.#refuse(++this.#count, emptyPlan(request), planned.why);
    this.#waiting.add({ request, file: planned.unmapped });
    this.#listeners.tell();
    return null;
  }

  async #plan(request: ProbeRequest): Promise<Planned> {
    const { command } = this.#targets;
    const planned = await planProbe(request, this.#catalogue, this.#tgidsFor(request));
    if (planned.plan !== null || planned.unmapped === undefined || command?.isHeld !== true) return planned;
    await mapAhead(command, planned.unmapped);
    return planProbe(request, this.#catalogue, this.#tgidsFor(request));
  }

  /** Whose files are looked into: the targets', and those of who came to be one and has mapped this file. */
  #tgidsFor({ module }: ProbeRequest): readonly number[] {
    const { tgids } = this.#targets;
    return tgids.length === 0 ? tgids : [...tgids, ...[...this.#modules].filter(([path]) => isCalled(path, module)).map(([, { tgid }]) => tgid)];
  }

  /** @param note what there is to know once it is attached */
  async #ask(plan: ProbePlan, note: string): Promise<ProbeInfo> {
    const module = plan.file === '' ? 0 : await this.#moduleOf(plan.file);
    // Only now: the helper takes no number that is below one that it had.
    const number = ++this.#count;
    if (this.#ended) return this.#refuse(number, plan, ENDED);
    if (module === null) return this.#refuse(number, plan, NOT_MAPPED(plan.file));
    const probe: Probe = { number, plan, info: null, settled: Promise.withResolvers(), note, last: null };
    this.#probes.set(number, probe);
    this.#targets.send(encodeProbe({ ...plan.wire, probe: number, module }));
    return probe.settled.promise;
  }

  async #attachLate(request: ProbeRequest): Promise<void> {
    const planned = await this.#plan(request);
    if (planned.plan !== null) await this.#ask(planned.plan, ATTACHED_LATE(planned.plan.file));
    else this.#refuse(++this.#count, emptyPlan(request), planned.why);
  }

  /** One that is not attached is no mistake: it may just have been detached. @param row of the table `probes` */
  detach(row: number): void {
    for (const { number, info } of this.#probes.values()) {
      if (info?.probe === row && info.state === 'attached') this.#targets.send(encodeDetach(number));
    }
  }

  take(frame: WireFrame): void {
    if (frame.type === 'module') this.#module(frame);
    else if (frame.type === 'probeState') this.#state(frame);
    else if (frame.type === 'probeFigures') this.#figures(frame);
  }

  /** The session is over: what waits is refused, what is attached is detached. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#moduleCame.tell();
    for (const { request, file } of this.#waiting) this.#refuse(++this.#count, emptyPlan(request), NOT_MAPPED(file));
    this.#waiting.clear();
    for (const { number, plan, info, settled } of this.#probes.values()) {
      if (info === null) settled.resolve(this.#refuse(number, plan, ENDED));
      else if (info.state === 'attached') this.#change({ ...info, state: 'detached' });
    }
  }

  #module({ path, module, tgid }: ModuleFrame): void {
    const file = path.replace(/ \(deleted\)$/, '');
    this.#modules.set(file, { module, tgid });
    this.#moduleCame.tell();
    for (const waiting of this.#waiting) {
      if (!isCalled(file, waiting.file)) continue;
      this.#waiting.delete(waiting);
      void this.#counted(this.#attachLate(waiting.request)).catch(() => undefined);
    }
  }

  /** null: it did not come. */
  async #moduleOf(path: string): Promise<number | null> {
    const known = (): number | undefined => (this.#modules.get(path) ?? [...this.#modules].find(([each]) => isCalled(each, path))?.[1])?.module;
    if (known() === undefined) {
      const came = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => came.resolve(undefined), MODULE_PATIENCE_MS).unref();
      const forget = this.#moduleCame.add(() => {
        if (this.#ended || known() !== undefined) came.resolve(undefined);
      });
      await came.promise;
      clearTimeout(timer);
      forget();
    }
    return known() ?? null;
  }

  #state(frame: ProbeStateFrame): void {
    const probe = this.#probes.get(frame.probe);
    if (!probe) return;
    void this.#reasonOf(frame, probe.plan).then((why) => this.#settle(frame, probe, why));
    // Its buckets may come with the next frame: the row has to be there by then.
    if (probe.info === null && frame.state === ProbeState.attached) this.#attached(frame, probe);
  }

  #attached(frame: ProbeStateFrame, probe: Probe): void {
    probe.plan = withFields(probe.plan, frame.text);
    const row = this.#rows.add(probe.number, probe.plan, frame.mechanism);
    const all = probe.plan.functions.length;
    const why = frame.functions < all && probe.plan.request.kind !== 'ready' ? `${all - frame.functions} of ${all} functions could not be attached and are left out.` : probe.note;
    probe.info = { ...this.#infoOf(row, probe.plan), mechanism: mechanismName(frame.mechanism), state: 'attached', why, functions: frame.functions };
    this.#change(probe.info);
  }

  #settle(frame: ProbeStateFrame, probe: Probe, why: string): void {
    if (frame.state === ProbeState.refused && probe.info === null) {
      probe.info = this.#refuse(probe.number, probe.plan, why);
    } else if (frame.state === ProbeState.detached && probe.info?.state === 'attached') {
      const { figures } = probe.info;
      probe.info = { ...probe.info, state: 'detached', why, figures: { ...figures, callsPerSecond: 0, cost: 0 } };
      this.#change(probe.info);
    }
    if (probe.info) probe.settled.resolve(probe.info);
  }

  async #reasonOf(frame: ProbeStateFrame, { request, functions }: ProbePlan): Promise<string> {
    if (request.kind !== 'kernel') return reasonText(frame);
    const kernel = await this.#catalogue.kernel();
    // What to choose instead is known better here.
    if (frame.reason === ProbeReason.noKprobes) return kernel.whyNot(functions[0]!.symbol) || reasonText(frame);
    return reasonText(frame, frame.reason === ProbeReason.notFound ? await kernel.whyMissing(request.name) : '');
  }

  #figures(frame: ProbeFiguresFrame): void {
    const probe = this.#probes.get(frame.probe);
    if (!probe?.info) return;
    const { timeNs, calls, measured, filtered, missed, recursed, dropped, aboveRate, unsent, lost, callNs, permille } = frame;
    const since = probe.last ? timeNs - probe.last.timeNs : 0;
    const callsPerSecond = since > 0 ? ((calls - probe.last!.calls) * SECOND_NS) / since : 0;
    probe.last = { timeNs, calls };
    const figures: ProbeFigures = { calls, callsPerSecond, measured, filtered, missed, recursed, dropped, aboveRate, unsent, lost, callNs, cost: permille / 1000 };
    probe.info = { ...probe.info, figures };
    this.#change(probe.info);
  }

  #refuse(number: number, plan: ProbePlan, why: string): ProbeInfo {
    const info: ProbeInfo = { ...this.#infoOf(this.#rows.add(number, plan, Mechanism.best), plan), state: 'refused', why };
    this.#change(info);
    return info;
  }

  #infoOf(row: number, { request, title, unit, functions }: ProbePlan): ProbeInfo {
    return { probe: row, request, title, mechanism: '', state: 'attaching', why: '', unit, functions: functions.length, figures: NO_FIGURES };
  }

  #change(info: ProbeInfo): void {
    const others = this.#infos.filter(({ probe }) => probe !== info.probe);
    this.#infos = [...others, info].sort((a, b) => a.probe - b.probe);
    this.#listeners.tell();
  }
}

/** What the command is not linked with it may load when it runs: by its path, or by where the loader would find it. */
async function mapAhead(command: LaunchedCommand, file: string): Promise<void> {
  const path = file.startsWith('/') ? file : [...(await cachedLibraries())].find(([name]) => isCalled(name, file))?.[1];
  if (path !== undefined) await command.map([path]);
}

/** With the fields of a tracepoint by the helper's count, which may read formats that we may not. */
function withFields(plan: ProbePlan, text: string): ProbePlan {
  const told = plan.request.kind === 'tracepoint' && plan.functions.length === 1 ? parseTold(text) : null;
  if (!told) return plan;
  const [one] = plan.functions;
  const known = new Map(one!.prototype?.arguments.map((each) => [each.name, each]));
  const prototype = { ...told, arguments: told.arguments.map((each) => known.get(each.name) ?? each) };
  const textArgument = plan.wire.textArgument || told.arguments.findIndex(({ form }) => form === 'text') + 1;
  return { ...plan, functions: [{ ...one!, prototype }], wire: { ...plan.wire, textArgument } };
}

/** Of what was refused before anything of it was known. */
function emptyPlan(request: ProbeRequest): ProbePlan {
  const measures = { count: 0, latency: 1, argument: 2, returned: 3 } as const;
  const kinds = { kernel: 1, user: 2, tracepoint: 3, usdt: 4, ready: 5 } as const;
  const wire = {
    kind: kinds[request.kind],
    mechanism: Mechanism.best,
    flags: 0,
    measure: measures[request.measure.kind],
    filterTest: FilterTest.none,
    ...{ argument: 0, filterArgument: 0, filterValue: 0n, leastNs: 0, textArgument: 0, budgetPermille: 0, mostEvents: 0 },
    widths: [],
    cgroup: 0n,
    names: [],
  } as const;
  return { request, title: request.name, unit: unitOf(request), functions: [], file: '', wire };
}
