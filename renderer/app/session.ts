// SPDX-License-Identifier: Apache-2.0
/** What the buttons do: calls to the engine, and what they bring into the store. */
import type { Question } from '../../profile/questions.ts';
import type { RecordingId, RecordingInfo, SamplingSettings, TargetRequest } from '../../ipc/contract.ts';
import { CompareSession } from '../compare/compare-session.ts';
import { whenWords } from '../library/entry-words.ts';
import { LibrarySession } from '../library/library-session.ts';
import { ProbeSession } from '../functions/probe-session.ts';
import { stacksShown } from '../functions/probing.ts';
import type { View } from '../worker/protocol.ts';
import type { Engine } from './engine.ts';
import { asFailure } from './failures.ts';
import type { Feeds } from './feed.ts';
import { receive } from './incoming.ts';
import { startNavigation, viewOf, type Navigation } from './navigation.ts';
import { writePreference } from './preferences.ts';
import { remember, remembered, type Remembered } from './remembered.ts';
import type { ScreenName } from './screens.ts';
import { addToast, type AppState, type AppStore } from './store.ts';
import { flameOf, subjectOf } from './subject.ts';
import { openNamedFile } from './transfers.ts';

export class Session {
  readonly engine: Engine;
  readonly store: AppStore;
  readonly feeds: Feeds;
  readonly probes: ProbeSession;
  readonly library: LibrarySession;
  readonly compare: CompareSession;
  #width = 0;
  /** Of what a crash left: told of once. */
  readonly #offered = new Set<RecordingId>();
  /** Where one was in the flame graphs that are not shown now. */
  readonly #navigations = new Map<RecordingId, Navigation>();

  constructor(engine: Engine, store: AppStore, feeds: Feeds) {
    this.engine = engine;
    this.store = store;
    this.feeds = feeds;
    this.probes = new ProbeSession(engine, store, feeds, (info) => this.#letGo(info), (id) => this.compare.holds(id));
    this.library = new LibrarySession(this);
    this.compare = new CompareSession(this);
    engine.listen((message) => receive(message, this, { begin: () => void this.#begin(), update: (info) => this.#update(info) }));
    store.subscribe((state, before) => {
      const { recording, opened } = state.probing;
      if (recording !== null && recording.id !== before.probing.recording?.id) remember('probes', { id: recording.id, startedAt: recording.startedAt, target: null, opened });
      const [flame, flameBefore] = [flameOf(state), flameOf(before)];
      if (flame?.id !== flameBefore?.id) this.#turnTo(flame, flameBefore, before.navigation);
      else if (state.navigation !== before.navigation || (state.probing !== before.probing && stacksShown(state.probing) !== stacksShown(before.probing))) this.#sendView();
    });
  }

  /** Width of the flame graph in CSS pixels: the worker culls to it. */
  resize(width: number): void {
    if (width === this.#width) return;
    this.#width = width;
    this.#sendView();
  }

  navigate(step: (navigation: Navigation) => Navigation): void {
    this.store.setState((state) => ({ navigation: step(state.navigation) }));
  }

  /** Runs something that may be refused, and says so in a toast. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      const { message, remedy } = asFailure(error);
      addToast(this.store, { kind: 'failure', message, detail: remedy });
    }
  }

  /** Settings are remembered, and the home folder may have moved to a machine without the counter. */
  #possibleSettings(): SamplingSettings {
    const { engine, settings } = this.store.getState();
    return engine?.hardwareCycles ? settings : { ...settings, event: 'cpuClock' };
  }

  /** Starts what the shown screen asks about. @param title of the target. */
  async begin(target: TargetRequest, title: string): Promise<void> {
    const { screen, repeated } = this.store.getState();
    if (screen !== 'functions') return this.start(target);
    this.store.setState({ dialog: null, repeated: [] });
    await this.probes.start(target, title);
    await this.probes.attachAll(repeated);
  }

  async start(target: TargetRequest): Promise<void> {
    if (this.store.getState().busy !== null || !(await this.#letGoOfShown())) return;
    this.store.setState({ busy: target.kind === 'command' ? 'Starting the command…' : 'Starting…', failure: null });
    try {
      const info = await this.engine.call('start', target, this.#possibleSettings());
      this.#show(info, target, false);
    } catch (error) {
      this.store.setState({ failure: asFailure(error) });
      if (this.store.getState().recording !== null && this.store.getState().dialog === null) this.store.setState({ dialog: 'picker' });
    } finally {
      this.store.setState({ busy: null });
    }
  }

  /** Records the same target with another question, which is the one of the next start, too. */
  async ask(question: Question): Promise<void> {
    const { target, settings } = this.store.getState();
    if (target === null) return;
    this.setSettings({ ...settings, question });
    await this.start(target);
  }

  /** The picture stands still, or goes on; the recording goes on either way. */
  togglePause(): void {
    if (this.store.getState().screen === 'functions') this.probes.change((probing) => ({ ...probing, paused: !probing.paused }));
    else this.navigate((navigation) => ({ ...navigation, paused: !navigation.paused }));
  }

  async stop(): Promise<void> {
    const { recording } = subjectOf(this.store.getState());
    if (recording === null) return;
    await this.attempt(async () => this.#update(await this.engine.call('stop', recording.id)));
  }

  /** Names and keeps the recording. @returns whether it is kept. */
  async save(name: string, recording = subjectOf(this.store.getState()).recording): Promise<boolean> {
    if (recording === null) return false;
    try {
      const info = await this.engine.call('save', recording.id, name);
      this.#update(info);
      addToast(this.store, { kind: 'done', message: `Saved “${name}”.`, detail: info.savedAs ?? '' });
      return true;
    } catch (error) {
      const { message, remedy } = asFailure(error);
      addToast(this.store, { kind: 'failure', message, detail: remedy });
      return false;
    }
  }

  /** Shows an opened file in place of what is shown. @param isFile it lies somewhere: nobody has to keep it */
  async open(opening: () => Promise<RecordingInfo | null>, isFile = true): Promise<void> {
    if (this.store.getState().busy !== null) return;
    this.store.setState({ busy: 'Opening…', failure: null });
    try {
      const info = await opening();
      if (info?.question === 'probes') await this.#showProbes(info, isFile);
      else if (info !== null && (await this.#letGoOfShown())) this.#show(info, null, isFile);
      else if (info !== null) await this.#leave(info, isFile);
    } catch (error) {
      this.store.setState({ failure: asFailure(error) });
      if (this.store.getState().recording !== null && this.store.getState().dialog === null) this.store.setState({ dialog: 'picker' });
    } finally {
      this.store.setState({ busy: null, transfer: null });
    }
  }

  /** Shows a recording that is open already in place of what is shown. @param isFile see `open` @returns whether it is shown */
  async showOpen(info: RecordingInfo, isFile: boolean): Promise<boolean> {
    const { recording, probing, busy } = this.store.getState();
    if (info.question === 'probes') {
      const isShown = probing.recording?.id === info.id || (await this.probes.show(info, isFile));
      if (isShown) this.store.setState({ screen: 'functions' });
      return isShown;
    }
    if (recording?.id === info.id) this.store.setState({ screen: 'live' });
    else if (busy !== null || !(await this.#letGoOfShown())) return false;
    else this.#show(info, null, isFile);
    return true;
  }

  /** Asks about an unsaved recording that is about to be left. @returns whether to go on. */
  async #letGo(recording: RecordingInfo): Promise<boolean> {
    const choice = await new Promise<'save' | 'discard' | 'cancel'>((resolve) => {
      this.store.setState({ keepQuestion: { target: recording.target, answer: resolve } });
    });
    this.store.setState({ keepQuestion: null });
    return choice === 'discard' || (choice === 'save' && (await this.save(recording.target, recording)));
  }

  async #letGoOfShown(): Promise<boolean> {
    const { recording, status, opened, screen } = this.store.getState();
    // Figures come of the flame graph that is shown.
    const hasSamples = (status?.weight ?? 0) > 0 || screen === 'functions';
    if (recording === null || recording.savedAs !== null || opened || !hasSamples) return true;
    return this.#letGo(recording);
  }

  /** A recording of probes has a screen of its own. */
  async #showProbes(info: RecordingInfo, opened: boolean): Promise<void> {
    if (await this.probes.show(info, opened)) this.store.setState({ screen: 'functions', dialog: null });
    else await this.#leave(info, opened);
  }

  /** It is not shown after all. What lies nowhere else would go with it, and is offered once more. */
  async #leave(info: RecordingInfo, isFile: boolean): Promise<void> {
    if (isFile) return void (await this.engine.call('close', info.id));
    this.#offered.delete(info.id);
    this.#offerLeft(info);
  }

  /** Another recording's flame graph is shown: each keeps where one was in it. */
  #turnTo(flame: RecordingInfo | null, before: RecordingInfo | null, navigation: Navigation): void {
    if (before !== null) this.#navigations.set(before.id, navigation);
    this.feeds.picture.publish(null);
    this.feeds.timeline.publish(null);
    const next = (flame === null ? undefined : this.#navigations.get(flame.id)) ?? startNavigation;
    this.store.setState({ navigation: next, threads: [], status: null, details: null, path: [], search: null, drawn: false, blank: true, stackless: false });
    // A navigation that is another one has sent itself.
    if (next === navigation) this.#sendView();
  }

  #show(info: RecordingInfo, target: TargetRequest | null, opened: boolean, screen: ScreenName = 'live'): void {
    const before = this.store.getState().recording;
    this.store.setState({ recording: info, opened, target, failure: null, dialog: null, screen });
    remember('live', { id: info.id, startedAt: info.startedAt, target, opened });
    if (before !== null && before.id !== info.id && !this.compare.holds(before.id)) void this.attempt(async () => this.engine.call('close', before.id));
  }

  /** What a crash left is shown to who asks for it: something else may be on the screen. */
  #offerLeft(info: RecordingInfo): void {
    const { recording, probing } = this.store.getState();
    if (!info.isLeft || this.#offered.has(info.id) || [recording?.id, probing.recording?.id].includes(info.id)) return;
    this.#offered.add(info.id);
    addToast(this.store, {
      kind: 'failure',
      message: `The recording of “${info.target}” ended unexpectedly.`,
      detail: `It began ${whenWords(info.startedAt)}; all but about the last second is there. Show it and save it, or it goes after a week.`,
      action: { title: 'Show', run: () => void this.open(() => this.engine.call('subscribe', info.id), false) },
    });
  }

  #update(info: RecordingInfo): void {
    this.#offerLeft(info);
    this.probes.update(info);
    this.compare.update(info);
    if (this.store.getState().recording?.id !== info.id) return;
    const end = info.state.kind === 'finished' ? info.state.message : null;
    // The banner says why it ended: not twice.
    this.store.setState((state) => ({ recording: info, toasts: state.toasts.filter((toast) => toast.message !== end) }));
  }

  #view(state: AppState, flame: RecordingInfo): View {
    const view = viewOf(state.navigation, flame.id, this.#width);
    const probe = flame.id === state.probing.recording?.id ? stacksShown(state.probing) : null;
    return probe === null ? view : { ...view, probe };
  }

  #sendView(): void {
    const state = this.store.getState();
    const flame = flameOf(state);
    if (flame !== null && this.#width > 0) this.engine.show(this.#view(state, flame));
  }

  /** After the transport is up: who is there, and was there a recording before a reload? */
  async #begin(): Promise<void> {
    this.store.setState({ connection: { kind: 'connected' } });
    await this.attempt(async () => {
      this.store.setState({ engine: await this.engine.call('hello') });
      const before = remembered('live');
      const probesBefore = remembered('probes');
      const all = await this.engine.call('recordings');
      const again = (one: Remembered | null): RecordingInfo | undefined => all.find((info) => info.id === one?.id && info.startedAt === one.startedAt);
      const shown = again(before);
      if (shown !== undefined) {
        const info = await this.engine.call('subscribe', shown.id);
        // Somebody may have gone to another screen meanwhile.
        this.#show(info, before?.target ?? null, before?.opened ?? false, this.store.getState().screen);
      }
      // Another window's is its own.
      const probing = again(probesBefore);
      if (probing !== undefined) await this.probes.show(await this.engine.call('subscribe', probing.id), probesBefore?.opened ?? true);
      for (const info of all) this.#offerLeft(info);
      const file = await this.engine.call('namedFile');
      if (file !== null) await openNamedFile(this, file);
    });
  }

  async answerDebugFiles(answer: 'download' | 'decline' | 'cancel'): Promise<void> {
    await this.attempt(() => this.engine.call('debugFiles', answer));
  }

  setTheme(theme: AppState['theme']): void {
    writePreference('theme', theme);
    this.store.setState({ theme });
  }

  setLayout(layout: AppState['layout']): void {
    writePreference('layout', layout);
    this.store.setState({ layout });
  }

  setColours(colours: AppState['colours']): void {
    writePreference('colours', colours);
    this.store.setState({ colours });
  }

  setSettings(settings: AppState['settings']): void {
    writePreference('settings', settings);
    this.store.setState({ settings });
  }
}
