// SPDX-License-Identifier: Apache-2.0
/** What the buttons of probes do: calls to the engine, and what comes back into the store. */
import type { Failure, ProbeInfo, ProbeRequest, ProbeTarget, ReadyQuestion, RecordingId, RecordingInfo } from '../../ipc/contract.ts';
import type { FromWorker, NodeDetails } from '../worker/protocol.ts';
import type { Engine } from '../app/engine.ts';
import { asFailure } from '../app/failures.ts';
import type { Feeds } from '../app/feed.ts';
import { addToast, type AppState, type AppStore } from '../app/store.ts';
import { parseNanoseconds } from './durations.ts';
import { frameProbe } from './frame-probe.ts';
import { isFilterable, parseFilter } from './value-filter.ts';
import { probeViewOf, startProbing, withProbes, type FrameQuestion, type Probing } from './probing.ts';

export class ProbeSession {
  readonly #engine: Engine;
  readonly #store: AppStore;
  readonly #feeds: Feeds;
  readonly #letGo: (info: RecordingInfo) => Promise<boolean>;
  readonly #isHeld: (id: RecordingId) => boolean;
  /** What was asked for before: a click waits for the ones before it, so that it finds the recording that they lead to. */
  #before: Promise<unknown> = Promise.resolve();
  #sent = '';

  /** @param letGo asks about a recording that is not saved. @param isHeld it must stay open for others */
  constructor(engine: Engine, store: AppStore, feeds: Feeds, letGo: (info: RecordingInfo) => Promise<boolean>, isHeld: (id: RecordingId) => boolean) {
    this.#engine = engine;
    this.#store = store;
    this.#feeds = feeds;
    this.#letGo = letGo;
    this.#isHeld = isHeld;
    store.subscribe((state, before) => {
      if (state.probing !== before.probing || state.screen !== before.screen || state.navigation.selection !== before.navigation.selection) this.#sendView(state);
    });
  }

  change(step: (probing: Probing) => Probing): void {
    this.#store.setState((state) => ({ probing: step(state.probing) }));
  }

  /** What the next recording looks at, in words. */
  target(): { request: ProbeTarget; title: string } {
    const { probing, recording } = this.#store.getState();
    if (probing.target !== null) return probing.target;
    if (recording?.state.kind === 'live') return { request: { kind: 'recording', id: recording.id }, title: recording.target };
    return { request: { kind: 'system' }, title: 'Whole system' };
  }

  /** A recording of probes on another target, in place of the one before. */
  start(request: ProbeTarget, title: string): Promise<void> {
    return this.#inTurn(() => this.#start(request, title));
  }

  async #start(request: ProbeTarget, title: string): Promise<void> {
    if (!(await this.#leave())) return;
    this.change((probing) => ({ ...startProbing, options: probing.options, tab: probing.tab, target: { request, title }, busy: `Starting on ${title}…` }));
    try {
      await this.#recording();
    } catch (error) {
      this.change((probing) => ({ ...probing, failure: asFailure(error) }));
    } finally {
      this.change((probing) => ({ ...probing, busy: null }));
    }
  }

  /** Shows a recording that was opened from a file, or found again. @returns whether it is shown. */
  show(info: RecordingInfo, opened: boolean): Promise<boolean> {
    return this.#inTurn(() => this.#show(info, opened));
  }

  async #show(info: RecordingInfo, opened: boolean): Promise<boolean> {
    if (!(await this.#leave())) return false;
    this.#feeds.probes.publish(null);
    const isOver = info.state.kind === 'finished';
    this.change((probing) => ({ ...startProbing, options: probing.options, recording: info, opened, newest: isOver ? null : startProbing.newest }));
    const probes = await this.#engine.call('probes', info.id);
    this.change((probing) => (probing.recording?.id === info.id ? withProbes(probing, probes) : probing));
    return true;
  }

  /** The request for a function under the options that are set; its hits are events where these are on the screen. @returns null where one of them is not understood. */
  request(of: Pick<ProbeRequest, 'kind' | 'name' | 'module'> & Partial<ProbeRequest>): ProbeRequest | null {
    const { options, tab } = this.#store.getState().probing;
    const { measure, byThread, byStack, slowerThan, onlyWhere } = options;
    const leastNs = parseNanoseconds(slowerThan);
    const filter = parseFilter(onlyWhere);
    if (leastNs === null || filter === undefined) return null;
    // A tracepoint has no return: it is counted.
    const possible = of.kind === 'tracepoint' || of.kind === 'usdt' ? 'count' : measure;
    return { measure: { kind: possible }, byThread, byStack, events: tab === 'events', leastNs: possible === 'latency' ? leastNs : 0, filter: filter !== null && isFilterable(of.kind, filter) ? filter : null, ...of };
  }

  /** Attaches, starting a recording first where none is live. @returns null where it failed, which is shown. */
  attach(request: ProbeRequest): Promise<ProbeInfo | null> {
    return this.#inTurn(() => this.#attach(request));
  }

  /** One after the other, on the recording that was started for them. Those that cannot be attached do not keep the others. */
  async attachAll(requests: readonly ProbeRequest[]): Promise<void> {
    const { recording } = this.#store.getState().probing;
    let failure: Failure | null = null;
    for (const request of requests) {
      // It may not have come to a start, or somebody has gone on to another target meanwhile.
      if (recording === null || this.#store.getState().probing.recording?.id !== recording.id) return;
      if ((await this.attach(request)) === null) failure ??= this.#store.getState().probing.failure;
    }
    if (requests.length > 0) await this.letRun();
    if (failure !== null) this.change((probing) => ({ ...probing, failure }));
  }

  /** Attached under the options that are set; what is told hit by hit opens on its screen. */
  async askReady({ asks }: ReadyQuestion): Promise<void> {
    const { kind, name, module, measure, events, byStack } = asks;
    const isMeasured = measure.kind === 'argument' || measure.kind === 'returned' || kind === 'tracepoint' || kind === 'usdt';
    const request = this.request({ kind, name, module, measure, ...(isMeasured ? { leastNs: 0, filter: null } : {}), ...(byStack === true ? { byStack } : {}), ...(events ? { events } : {}) });
    if (request === null) return;
    const probe = await this.attach(request);
    if (probe?.state === 'attached' && events) this.change((probing) => ({ ...probing, tab: 'events' }));
  }

  async #attach(request: ProbeRequest): Promise<ProbeInfo | null> {
    this.change((probing) => ({ ...probing, busy: `Attaching ${request.name}…`, failure: null }));
    try {
      const info = await this.#recording();
      if (info === null) return null;
      const probe = await this.#engine.call('attachProbe', info.id, request);
      if (probe === null) addToast(this.#store, { kind: 'done', message: `${request.name} waits until the command maps ${request.module}.`, detail: 'It is attached then. What is called before that is not seen.' });
      else this.#take(info.id, probe);
      return probe;
    } catch (error) {
      this.change((probing) => ({ ...probing, failure: asFailure(error) }));
      return null;
    } finally {
      this.change((probing) => ({ ...probing, busy: null }));
    }
  }

  /** Lets a command go that is held until its functions were asked. */
  letRun(): Promise<void> {
    return this.#inTurn(async () => {
      const { recording } = this.#store.getState().probing;
      if (recording?.isHeld) await this.#attempt(async () => this.update(await this.#engine.call('letRun', recording.id)));
    });
  }

  async detach(probe: number): Promise<void> {
    const { recording } = this.#store.getState().probing;
    if (recording !== null) await this.#attempt(() => this.#engine.call('detachProbe', recording.id, probe));
  }

  /** The selected frame's function, in a recording of probes beside the live one. */
  ask(details: NodeDetails, question: FrameQuestion): Promise<void> {
    return this.#inTurn(() => this.#ask(details, question));
  }

  async #ask(details: NodeDetails, question: FrameQuestion): Promise<void> {
    const { recording, probing } = this.#store.getState();
    const request = frameProbe(details, question);
    if (recording === null || typeof request === 'string') return;
    const { node } = details;
    this.change((before) => ({ ...before, companion: { node, question, probe: null, failure: null } }));
    const target: ProbeTarget = { kind: 'recording', id: recording.id };
    const isBeside = probing.target?.request.kind === 'recording' && probing.target.request.id === recording.id;
    if (!isBeside || probing.recording?.state.kind === 'finished') {
      if (!(await this.#leave())) return this.change((before) => ({ ...before, companion: null }));
      this.change((before) => ({ ...startProbing, options: before.options, companion: before.companion, target: { request: target, title: recording.target } }));
    }
    const probe = await this.#attach(request);
    this.change((before) => {
      if (before.companion?.node !== node || before.companion.question !== question) return before;
      return { ...before, companion: { ...before.companion, probe: probe?.probe ?? null, failure: probe === null ? before.failure : null } };
    });
  }

  receive(message: FromWorker): void {
    const { probing } = this.#store.getState();
    const id = probing.recording?.id;
    switch (message.type) {
      case 'probePictures': {
        const { pictures } = message;
        if (pictures.recording !== id) return;
        this.#feeds.probes.publish(pictures);
        const durationNs = Math.floor(pictures.sliceEnd / SLICES_PER_SECOND) * 1e9;
        const isSame = durationNs === probing.durationNs && pictures.precision === probing.precision && String(pictures.tgids) === String(probing.tgids);
        if (!isSame) this.change((before) => ({ ...before, durationNs, precision: pictures.precision, tgids: pictures.tgids }));
        return;
      }
      case 'probeDetails':
        if (message.details.recording === id) this.change((before) => ({ ...before, details: message.details }));
        return;
      case 'events':
        if (message.page.recording === id) this.change((before) => ({ ...before, page: message.page }));
        return;
      default:
    }
  }

  /** The engine tells states and figures. */
  told(id: number, probes: ProbeInfo[]): void {
    const { recording, probes: before } = this.#store.getState().probing;
    if (recording?.id !== id) return;
    for (const now of probes) {
      const then = before.find(({ probe }) => probe === now.probe);
      // Detached, but not because somebody asked: nobody may be looking at its card.
      if (then?.state === 'attached' && now.state === 'detached' && now.why !== '') addToast(this.#store, { kind: 'failure', message: `${now.title} was detached.`, detail: now.why });
    }
    this.change((probing) => withProbes(probing, probes));
  }

  update(info: RecordingInfo): void {
    if (this.#store.getState().probing.recording?.id === info.id) this.change((probing) => ({ ...probing, recording: info }));
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#before.then(action);
    this.#before = turn.catch(() => undefined);
    return turn;
  }

  #take(id: number, probe: ProbeInfo): void {
    this.change((probing) => {
      if (probing.recording?.id !== id) return probing;
      const probes = [...probing.probes.filter((each) => each.probe !== probe.probe), probe].sort((a, b) => a.probe - b.probe);
      return { ...probing, probes, selected: probe.probe };
    });
  }

  /** The live recording of probes, started where there is none. Null: the one before is to be kept. */
  async #recording(): Promise<RecordingInfo | null> {
    const { recording, opened } = this.#store.getState().probing;
    if (recording !== null && !opened && recording.state.kind !== 'finished') return recording;
    const target = this.target();
    if (!(await this.#leave())) return null;
    const info = await this.#engine.call('startProbes', target.request);
    this.#feeds.probes.publish(null);
    if (this.#store.getState().probing.recording?.id !== info.id) {
      this.change((probing) => ({ ...startProbing, options: probing.options, tab: probing.tab, busy: probing.busy, companion: probing.companion, target, recording: info }));
    }
    return info;
  }

  /** Closes the recording before; what was measured and not saved is asked about. @returns whether to go on. */
  async #leave(): Promise<boolean> {
    const { recording, opened, probes } = this.#store.getState().probing;
    if (recording === null) return true;
    const isUnsaved = !opened && recording.savedAs === null && probes.some(({ figures }) => figures.calls > 0);
    if (isUnsaved && !(await this.#letGo(recording))) return false;
    this.change((probing) => ({ ...probing, recording: null }));
    if (!this.#isHeld(recording.id)) await this.#attempt(() => this.#engine.call('close', recording.id));
    return true;
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const { message, remedy }: Failure = asFailure(error);
      addToast(this.#store, { kind: 'failure', message, detail: remedy });
    }
  }

  #sendView({ probing, screen, navigation }: AppState): void {
    // A frame that is no longer selected is not asked about.
    const isAsked = probing.companion?.node === navigation.selection;
    const view = probeViewOf(isAsked ? probing : { ...probing, companion: null }, screen === 'functions');
    const words = JSON.stringify(view);
    if (words === this.#sent) return;
    this.#sent = words;
    this.#engine.showProbes(view);
  }
}

const SLICES_PER_SECOND = 50;
