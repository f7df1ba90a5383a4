// SPDX-License-Identifier: Apache-2.0
/** What the buttons of the comparison do. */
import type { RecordingId, RecordingInfo } from '../../ipc/contract.ts';
import { fileStem } from '../app/format.ts';
import { foldedPatternFor } from '../app/search-pattern.ts';
import type { Session } from '../app/session.ts';
import { addToast } from '../app/store.ts';
import { download } from '../app/transfers.ts';
import type { DifferenceFormat, FromCompareWorker, LatencyPicture, NodeIndex } from '../worker/protocol.ts';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import { chosen, chosenView, drawnView, functionAt, swapped, viewOf, widestFrame, zoomedTo, type ChosenRun, type Comparing, type ShownFunction, type SideName } from './comparing.ts';
import { latencyViewOf, probeKey } from './latency-view.ts';

export class CompareSession {
  readonly #session: Session;
  #width = 0;
  /** Chosen last: what `Comparing.selected` is of. */
  #selected: ShownFunction | null = null;
  #heatWidth = 0;
  /** What was asked for last, as text. */
  #drawn = 'null';
  #drawnLatency = 'null';

  constructor(session: Session) {
    this.#session = session;
  }

  get #comparing(): Comparing {
    return this.#session.store.getState().comparing;
  }

  change(step: (comparing: Comparing) => Comparing): void {
    const before = chosenView(this.#comparing);
    this.#session.store.setState(({ comparing }) => ({ comparing: step(comparing) }));
    const view = chosenView(this.#comparing);
    if (JSON.stringify(view) !== JSON.stringify(before)) this.#session.engine.compare(view);
    this.#draw();
  }

  /** Of one picture, CSS pixels; 0: none is looked at. */
  resize(width: number): void {
    this.#width = width;
    this.#draw();
  }

  /** Of the heat maps, CSS pixels; 0: none is looked at. */
  resizeHeat(width: number): void {
    this.#heatWidth = width;
    this.#draw();
  }

  zoomTo(node: NodeIndex): void {
    this.change((comparing) => zoomedTo(comparing, node));
  }

  /** A frame of the picture of that width, and with it its function. */
  selectFrame(node: NodeIndex, widths: Width): void {
    const picture = this.#session.feeds.difference[widths].latest;
    const found = picture === null ? undefined : functionAt(this.#comparing.result, picture, node);
    this.#selected = found ?? null;
    this.change((comparing) => ({ ...comparing, node, selected: found?.identity ?? null }));
  }

  /** A function, and of what is drawn its widest frame. */
  selectFunction(one: ShownFunction): void {
    const drawn = drawnView(this.#comparing, this.#width)?.widths ?? [];
    const nodes = drawn.map((widths) => this.#session.feeds.difference[widths].latest).map((picture) => picture && widestFrame(picture, one));
    this.#selected = one;
    this.change((comparing) => ({ ...comparing, selected: one.identity, node: nodes.find((node) => node !== null) ?? null }));
  }

  receive(message: FromCompareWorker): void {
    switch (message.type) {
      case 'comparison':
        this.#take(message);
        return this.#draw();
      case 'differencePictures':
        for (const { widths, picture } of message.pictures) this.#session.feeds.difference[widths].publish(picture);
        return this.#session.store.setState(({ comparing }) => ({ comparing: { ...comparing, path: message.pictures[0]?.picture.path ?? [] } }));
      case 'latencies': {
        const { latencies, notes } = message;
        this.#session.store.setState(({ comparing }) => ({ comparing: viewOf(comparing) === null ? comparing : { ...comparing, latencies, latencyNotes: notes } }));
        return this.#draw();
      }
      case 'latencyPicture':
        this.#session.feeds.latency.publish(message.picture);
        return this.#takeParts(message.picture);
      default:
        message satisfies never;
    }
  }

  #takeParts({ rows, parts: choices, part }: LatencyPicture): void {
    const parts = { probe: probeKey({ rows }), choices, part };
    // Pictures come with every width: panels do not draw again for the same parts.
    if (JSON.stringify(parts) !== JSON.stringify(this.#comparing.parts)) this.#session.store.setState(({ comparing }) => ({ comparing: { ...comparing, parts } }));
  }

  #draw(): void {
    const latency = latencyViewOf(this.#comparing, this.#heatWidth);
    const words = JSON.stringify(latency);
    if (words !== this.#drawnLatency) {
      this.#drawnLatency = words;
      this.#session.engine.drawLatency(latency);
    }
    const view = drawnView(this.#comparing, this.#width);
    const text = JSON.stringify(view);
    if (text === this.#drawn) return;
    this.#drawn = text;
    this.#session.engine.drawDifference(view);
  }

  #take({ result, failure }: Extract<FromCompareWorker, { type: 'comparison' }>): void {
    // Another comparison numbers its functions anew.
    const { name, module } = this.#selected ?? {};
    const again = result?.functions.find((one) => one.name === name && one.module === module)?.identity ?? null;
    this.#session.store.setState(({ comparing }) => ({
      // What was compared a moment ago stays until there is something else.
      comparing:
        viewOf(comparing) === null
          ? comparing
          : { ...comparing, result: result ?? (failure ? null : comparing.result), failure, selected: result === null || comparing.selected === null ? comparing.selected : again },
    }));
  }

  /** Recordings of the library against each other: each side's are several runs of the same. */
  async compareFiles(a: readonly string[], b: readonly string[]): Promise<void> {
    this.#session.store.setState({ screen: 'compare' });
    await this.#open('a', a);
    await this.#open('b', b);
  }

  /** Takes these files of the library as a side. @param add besides those that it has */
  async choose(side: SideName, files: readonly string[], add = false): Promise<void> {
    await this.#open(side, files, add);
  }

  /** What the Live screen shows now, with its range and threads, as a side. */
  chooseShown(side: SideName): void {
    const { recording, navigation, opened } = this.#session.store.getState();
    if (recording === null) return;
    const { range, hiddenThreads } = navigation;
    const part = range === null && hiddenThreads.length === 0 ? '' : ' (a part of it)';
    this.#set(side, [{ recording: recording.id, info: recording, label: `${recording.target}${part}`, range, hiddenThreads: [...hiddenThreads], isFile: opened || recording.savedAs !== null }]);
  }

  /** What the Functions screen shows now, in its range, as a side. */
  chooseProbed(side: SideName): void {
    const { recording, range, opened } = this.#session.store.getState().probing;
    if (recording === null) return;
    this.#set(side, [{ recording: recording.id, info: recording, label: `${recording.target}${range === null ? '' : ' (a part of it)'}`, range, hiddenThreads: [], isFile: opened || recording.savedAs !== null }]);
  }

  /** A function in the recording of a side, of several runs the first. */
  async showIn(side: SideName, { name }: Pick<ShownFunction, 'name'>): Promise<void> {
    const run = this.#comparing[side][0];
    if (run === undefined || !(await this.#session.showOpen(run.info, run.isFile))) return;
    const { info, range, hiddenThreads } = run;
    // Probes have their own range.
    const part = info.question === 'probes' ? {} : { range, hiddenThreads };
    this.#session.navigate((navigation) => ({ ...navigation, ...part, pattern: foldedPatternFor(name) }));
  }

  async export(format: DifferenceFormat): Promise<void> {
    await this.#session.attempt(async () => {
      const { palette, a, b } = this.#comparing;
      const content = await this.#session.engine.exportDifference(format, palette);
      if (content === '') return;
      const name = `${fileStem(`${a[0]?.label ?? 'a'} to ${b[0]?.label ?? 'b'}`)}.${format}`;
      download(new Blob([content], { type: format === 'svg' ? 'image/svg+xml' : 'text/html;charset=utf-8' }), name);
      addToast(this.#session.store, { kind: 'done', message: `Exported ${name}.`, detail: 'It lies in the folder for downloads.' });
    });
  }

  swap(): void {
    this.change(swapped);
  }

  /** The recording is compared, and must stay open. */
  holds(id: RecordingId): boolean {
    const { a, b } = this.#comparing;
    return [...a, ...b].some(({ recording }) => recording === id);
  }

  /** The engine told more of a recording. */
  update(info: RecordingInfo): void {
    if (!this.holds(info.id)) return;
    const told = (runs: readonly ChosenRun[]): ChosenRun[] => runs.map((run) => (run.recording === info.id ? { ...run, info } : run));
    this.#session.store.setState(({ comparing }) => ({ comparing: { ...comparing, a: told(comparing.a), b: told(comparing.b) } }));
  }

  async #open(side: SideName, files: readonly string[], add = false): Promise<void> {
    this.change((comparing) => ({ ...comparing, busy: true, failure: null }));
    await this.#session.attempt(async () => {
      const runs: ChosenRun[] = add ? [...this.#comparing[side]] : [];
      for (const file of files) {
        const info = await this.#session.engine.call('openFromLibrary', file);
        runs.push({ recording: info.id, info, label: file.replace(/\.ember$/i, ''), range: null, hiddenThreads: [], isFile: true });
      }
      this.#set(side, runs);
    });
    this.change((comparing) => ({ ...comparing, busy: false }));
  }

  #set(side: SideName, runs: readonly ChosenRun[]): void {
    const before = this.#comparing[side];
    this.change((comparing) => chosen(comparing, side, runs));
    const { recording: shown, probing } = this.#session.store.getState();
    // Also what another screen showed, and left open for the comparison.
    for (const { recording } of before) {
      if (!this.holds(recording) && recording !== shown?.id && recording !== probing.recording?.id) void this.#session.attempt(async () => void (await this.#session.engine.call('close', recording)));
    }
  }
}
