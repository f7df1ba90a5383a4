// SPDX-License-Identifier: Apache-2.0
/** What the buttons do: calls to the engine, and what comes back into the store. */
import type { Failure, RecordingInfo, SamplingSettings, TargetRequest } from '../../ipc/contract.ts';
import type { FromWorker, Picture } from '../worker/protocol.ts';
import { debugFilesResult } from './DebugFiles.tsx';
import { CallRefused, type Engine } from './engine.ts';
import type { Feeds } from './feed.ts';
import { startNavigation, viewOf, type Navigation } from './navigation.ts';
import { writePreference } from './preferences.ts';
import { addToast, type AppState, type AppStore } from './store.ts';

/** Where a reloaded page finds its recording again, and what it was started on. Ids begin anew with the engine, so the start counts, too. */
const SHOWN = 'emberscope.shown';

export function asFailure(error: unknown): Failure {
  if (error instanceof CallRefused) return error.failure;
  return {
    code: 'window',
    message: `The window failed: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Reload the window; the recording goes on without it.',
  };
}

export class Session {
  readonly engine: Engine;
  readonly store: AppStore;
  readonly feeds: Feeds;
  #width = 0;

  constructor(engine: Engine, store: AppStore, feeds: Feeds) {
    this.engine = engine;
    this.store = store;
    this.feeds = feeds;
    engine.listen((message) => this.#receive(message));
    store.subscribe((state, before) => {
      if (state.navigation !== before.navigation || state.recording?.id !== before.recording?.id) this.#sendView();
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

  async start(target: TargetRequest): Promise<void> {
    if (this.store.getState().busy !== null || !(await this.#letGo())) return;
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

  async stop(): Promise<void> {
    const { recording } = this.store.getState();
    if (recording === null) return;
    await this.attempt(async () => this.#update(await this.engine.call('stop', recording.id)));
  }

  /** Names and keeps the recording. @returns whether it is kept. */
  async save(name: string): Promise<boolean> {
    const { recording } = this.store.getState();
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

  /** Shows an opened file in place of what is shown. */
  async open(opening: () => Promise<RecordingInfo | null>): Promise<void> {
    if (this.store.getState().busy !== null || !(await this.#letGo())) return;
    this.store.setState({ busy: 'Opening…', failure: null });
    try {
      const info = await opening();
      if (info !== null) this.#show(info, null, true);
    } catch (error) {
      this.store.setState({ failure: asFailure(error) });
      if (this.store.getState().recording !== null && this.store.getState().dialog === null) this.store.setState({ dialog: 'picker' });
    } finally {
      this.store.setState({ busy: null, transfer: null });
    }
  }

  /** Asks about an unsaved recording that is about to be left. @returns whether to go on. */
  async #letGo(): Promise<boolean> {
    const { recording, status, opened } = this.store.getState();
    if (recording === null || recording.savedAs !== null || opened || (status?.samples ?? 0) === 0) return true;
    const choice = await new Promise<'save' | 'discard' | 'cancel'>((resolve) => {
      this.store.setState({ keepQuestion: { answer: resolve } });
    });
    this.store.setState({ keepQuestion: null });
    return choice === 'discard' || (choice === 'save' && (await this.save(recording.target)));
  }

  #show(info: RecordingInfo, target: TargetRequest | null, opened: boolean): void {
    const before = this.store.getState().recording;
    this.feeds.picture.publish(null);
    this.feeds.timeline.publish(null);
    this.store.setState({
      recording: info,
      opened,
      target,
      failure: null,
      dialog: null,
      navigation: startNavigation,
      threads: [],
      status: null,
      details: null,
      path: [],
      search: null,
      drawn: false,
      blank: true,
    });
    remember({ id: info.id, startedAt: info.startedAt, target, opened });
    if (before !== null && before.id !== info.id) void this.attempt(async () => this.engine.call('close', before.id));
  }

  #update(info: RecordingInfo): void {
    if (this.store.getState().recording?.id !== info.id) return;
    const end = info.state.kind === 'finished' ? info.state.message : null;
    // The banner says why it ended: not twice.
    this.store.setState((state) => ({ recording: info, toasts: state.toasts.filter((toast) => toast.message !== end) }));
  }

  #sendView(): void {
    const { recording, navigation } = this.store.getState();
    if (recording !== null && this.#width > 0) this.engine.show(viewOf(navigation, recording.id, this.#width));
  }

  /** After the transport is up: who is there, and was there a recording before a reload? */
  async #begin(): Promise<void> {
    this.store.setState({ connection: { kind: 'connected' } });
    await this.attempt(async () => {
      this.store.setState({ engine: await this.engine.call('hello') });
      const before = remembered();
      const shown = (await this.engine.call('recordings')).find((info) => info.id === before?.id && info.startedAt === before.startedAt);
      if (shown !== undefined) this.#show(await this.engine.call('subscribe', shown.id), before?.target ?? null, before?.opened ?? false);
    });
  }

  #receive(message: FromWorker): void {
    const { recording } = this.store.getState();
    switch (message.type) {
      case 'connected':
        void this.#begin();
        return;
      case 'disconnected':
        this.store.setState({ connection: { kind: 'disconnected', reason: message.reason } });
        return;
      case 'picture': {
        const { picture } = message;
        if (picture.recording !== recording?.id) return this.engine.drawn(picture.revision);
        this.store.setState((state) => changes(state, picture));
        this.feeds.picture.publish(picture);
        return;
      }
      case 'timeline':
        if (message.timeline.recording === recording?.id) this.feeds.timeline.publish(message.timeline);
        return;
      case 'threads':
        if (message.recording === recording?.id) this.store.setState({ threads: message.threads });
        return;
      case 'status':
        if (message.status.recording === recording?.id) this.store.setState({ status: message.status });
        return;
      case 'details':
        this.store.setState((state) => ({
          details: message.details?.node === state.navigation.selection ? message.details : null,
        }));
        return;
      case 'event':
        return this.#event(message.event);
      case 'answer':
      case 'refusal':
      case 'exported':
        return; // settled by Engine
      default:
        message satisfies never;
    }
  }

  #event(event: Extract<FromWorker, { type: 'event' }>['event']): void {
    switch (event.name) {
      case 'processes':
        this.store.getState().cpuHistory.add(event.payload.processes);
        this.store.setState({ processes: event.payload.processes });
        return;
      case 'recording':
        return this.#update(event.payload.info);
      case 'failure': {
        const { id, failure } = event.payload;
        const { recording } = this.store.getState();
        if (id !== null && id !== recording?.id) return;
        if (id !== null && recording?.state.kind === 'finished' && recording.state.message === failure.message) return;
        addToast(this.store, { kind: 'failure', message: failure.message, detail: failure.remedy });
        return;
      }
      case 'debugFiles': {
        const { status } = event.payload;
        const before = this.store.getState().debugFiles;
        this.store.setState({ debugFiles: status });
        if (before?.state !== 'downloading' || status?.state !== 'done') return;
        addToast(this.store, { kind: status.failed > 0 ? 'failure' : 'done', ...debugFilesResult(status) });
        return;
      }
      case 'probes':
        return;
      default:
        event satisfies never;
    }
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

/** Only what differs, so that panels do not draw again for an equal path. */
function changes(state: AppState, next: Picture): Partial<AppState> {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return {
    ...(state.drawn ? {} : { drawn: true }),
    ...(state.blank === (next.rootTotal === 0) ? {} : { blank: next.rootTotal === 0 }),
    ...(same(state.path, next.path) ? {} : { path: next.path }),
    ...(same(state.search, next.search) ? {} : { search: next.search }),
  };
}

interface Remembered {
  id: number;
  startedAt: number;
  target: TargetRequest | null;
  opened: boolean;
}

function remember(shown: Remembered): void {
  try {
    sessionStorage.setItem(SHOWN, JSON.stringify(shown));
  } catch {
    // Only a reload would have used it.
  }
}

/** Written by this very page: nothing else reaches its session storage. */
function remembered(): Remembered | null {
  try {
    return JSON.parse(sessionStorage.getItem(SHOWN) ?? 'null') as Remembered | null;
  } catch {
    return null;
  }
}
