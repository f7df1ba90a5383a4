// SPDX-License-Identifier: Apache-2.0
/** Test only. What the fake worker is like. */
import type { Failure, HelperStatus, NamedFile } from '../../ipc/contract.ts';
import type { FakeSides } from './fake-comparison.ts';

export interface Scenario {
  helper: HelperStatus;
  processes: number;
  threads: number;
  /** Deepest stacks. */
  depth: number;
  hostile: boolean;
  /** Samples an update; 0: a target that waits. */
  samplesPerUpdate: number;
  /** Milliseconds between updates; 0: only when asked by `tick`. */
  updateMs: number;
  /** What the window was opened for. */
  named?: NamedFile;
  startFailure: Failure | null;
  /** What `functions` is refused with; null: it answers. */
  searchFailure: Failure | null;
  /** `functions` does not answer. */
  searchHangs?: boolean;
  /** Why source files are not there; empty: they are. */
  noSource: string;
  /** In the library. */
  recordings: number;
  /** What two of them hold when they are compared. */
  sides: FakeSides;
}

export const ordinary: Scenario = {
  helper: { kind: 'direct' },
  processes: 320,
  threads: 12,
  depth: 34,
  hostile: false,
  samplesPerUpdate: 120,
  updateMs: 200,
  startFailure: null,
  searchFailure: null,
  noSource: '',
  recordings: 60,
  sides: 'sampled',
};
