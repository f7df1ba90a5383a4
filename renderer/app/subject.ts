// SPDX-License-Identifier: Apache-2.0
/** Which recording the bar, saving and the flame graph are about: each screen has its own. */
import type { RecordingInfo } from '../../ipc/contract.ts';
import type { AppState } from './store.ts';

export interface Subject {
  recording: RecordingInfo | null;
  /** It came from a file, which lies where it lay. */
  opened: boolean;
  paused: boolean;
  /** Nanoseconds. */
  durationNs: number;
}

export function subjectOf({ screen, recording, opened, navigation, status, probing }: AppState): Subject {
  if (screen === 'functions') return { recording: probing.recording, opened: probing.opened, paused: probing.paused, durationNs: probing.durationNs };
  return { recording, opened, paused: navigation.paused, durationNs: status?.figures.durationNs ?? 0 };
}

/** It came from another tool's file, which the kernel of this computer knows nothing of. */
export function isImported(recording: RecordingInfo | null): boolean {
  return recording?.state.kind === 'finished' && recording.state.reason === 'opened';
}

/** The recording whose flame graph is shown. */
export function flameOf({ screen, recording, probing }: AppState): RecordingInfo | null {
  return screen === 'functions' && probing.tab === 'stack' ? probing.recording : recording;
}
