// SPDX-License-Identifier: Apache-2.0
/** The window's one store: what the panels show. Pictures and timelines do not pass through it (feed.ts). */
import { createStore, useStore as useZustand } from 'zustand';
import type {
  DebugFilesStatus,
  EngineInfo,
  Failure,
  ProbeRequest,
  ProcessSummary,
  RecordingInfo,
  SamplingSettings,
  TargetRequest,
} from '../../ipc/contract.ts';
import type { NodeDetails, Picture, Status, ThreadRow } from '../worker/protocol.ts';
import { startProbing, type Probing } from '../functions/probing.ts';
import type { ColourMode } from '../flamegraph/palette.ts';
import { CpuHistory } from '../picker/cpu-history.ts';
import { startComparing, type Comparing } from '../compare/comparing.ts';
import { startListing, type Listing } from '../library/listing.ts';
import type { Navigation } from './navigation.ts';
import { startNavigation } from './navigation.ts';
import { readPreference, type ThemePreference } from './preferences.ts';
import type { ScreenName } from './screens.ts';

export type Connection = { kind: 'connecting' } | { kind: 'connected' } | { kind: 'disconnected'; reason: string };

export interface Toast {
  id: number;
  kind: 'done' | 'failure';
  message: string;
  /** What to do, or where it lies. */
  detail: string;
  action?: { title: string; run(): void };
}

/** Bytes on their way, in or out. */
export interface Transfer {
  title: string;
  /** null: it is not known how far it is. */
  doneBytes: number | null;
  /** null: not known beforehand. */
  totalBytes: number | null;
  cancel(): void;
}

export type OpenDialog = 'picker' | 'launch' | 'save' | 'keys' | null;

export interface AppState {
  connection: Connection;
  engine: EngineInfo | null;
  screen: ScreenName;
  /** null: none came yet. */
  processes: ProcessSummary[] | null;
  cpuHistory: CpuHistory;
  settings: SamplingSettings;
  recording: RecordingInfo | null;
  /** It came from a file, which lies where it lay: nothing is lost by leaving it. */
  opened: boolean;
  /** What "Start again" and "Go on" start; null for an opened file. */
  target: TargetRequest | null;
  /** A start or opening is under way. */
  busy: string | null;
  /** The failure of the last start or opening: shown in the picker until the next. */
  failure: Failure | null;
  /** Waits for the answer to "keep the unsaved recording?". */
  keepQuestion: { target: string; answer(choice: 'save' | 'discard' | 'cancel'): void } | null;
  navigation: Navigation;
  /** The recording of probes, beside the sampled one. */
  probing: Probing;
  library: Listing;
  comparing: Comparing;
  /** What a picker or dialog that opens begins with; null: nothing. */
  suggestion: { command: string; folder: string } | { filter: string } | null;
  /** Attached to the target that is chosen next: those of a recording that is made again. */
  repeated: readonly ProbeRequest[];
  threads: ThreadRow[];
  status: Status | null;
  details: NodeDetails | null;
  path: Picture['path'];
  search: Picture['search'];
  /** A picture of this recording has come. */
  drawn: boolean;
  /** That picture has no samples: nothing within range and threads. */
  blank: boolean;
  /** It has samples, but nothing tells where from: no frame of it is code. */
  stackless: boolean;
  layout: 'flame' | 'icicle';
  colours: ColourMode;
  theme: ThemePreference;
  dialog: OpenDialog;
  toasts: Toast[];
  transfer: Transfer | null;
  /** null: there is nothing to say of them. */
  debugFiles: DebugFilesStatus | null;
}

export const defaultSettings: SamplingSettings = { frequency: 99, children: true, kernelStacks: true };

export function createAppStore() {
  return createStore<AppState>(() => ({
    connection: { kind: 'connecting' },
    engine: null,
    screen: 'live',
    processes: null,
    cpuHistory: new CpuHistory(),
    settings: readPreference('settings', defaultSettings),
    recording: null,
    opened: false,
    target: null,
    busy: null,
    failure: null,
    keepQuestion: null,
    navigation: startNavigation,
    probing: startProbing,
    library: startListing,
    comparing: startComparing,
    suggestion: null,
    repeated: [],
    threads: [],
    status: null,
    details: null,
    path: [],
    search: null,
    drawn: false,
    blank: true,
    stackless: false,
    layout: readPreference('layout', 'flame'),
    colours: readPreference('colours', 'origin'),
    theme: readPreference('theme', 'system'),
    dialog: null,
    toasts: [],
    transfer: null,
    debugFiles: null,
  }));
}

export type AppStore = ReturnType<typeof createAppStore>;
export const appStore = createAppStore();

export function useApp<T>(select: (state: AppState) => T): T {
  return useZustand(appStore, select);
}

let nextToast = 1;

export function addToast(store: AppStore, toast: Omit<Toast, 'id'>): void {
  const id = nextToast++;
  // A failure stays until it is closed: somebody may be reading how to mend it.
  store.setState((state) => ({ toasts: [...state.toasts.slice(-3), { ...toast, id }] }));
  if (toast.kind === 'done') setTimeout(() => closeToast(store, id), 8000);
}

export function closeToast(store: AppStore, id: number): void {
  store.setState((state) => ({ toasts: state.toasts.filter((toast) => toast.id !== id) }));
}
