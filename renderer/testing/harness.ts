// SPDX-License-Identifier: Apache-2.0
/**
 * Test only: the window with a fake worker. The address chooses the scenario:
 * ?helper=missing|wrongVersion|pkexec &sides=both|probed|disjoint &hostile &threads=200 &depth=90 &still &idle &fail &empty &nosource &nosearch
 * `still` stops the clock: the page's `harness.worker.tick()` makes updates.
 */
import { Engine } from '../app/engine.ts';
import { mount } from '../app/mount.tsx';
import type { Session } from '../app/session.ts';
import { redraws } from './redraw.ts';
import { FakeWorker } from './fake-worker.ts';
import { ordinary, type Scenario } from './scenario.ts';

declare global {
  interface Window {
    harness: { worker: FakeWorker; session: Session; redraws: typeof redraws };
  }
}

const asked = new URLSearchParams(location.search);
const command = 'npm run install-helper';
const helpers: Record<string, Scenario['helper']> = {
  missing: { kind: 'missing', command },
  wrongVersion: { kind: 'wrongVersion', installed: '0.0.9', command },
  pkexec: { kind: 'pkexec' },
};
const worker = new FakeWorker({
  helper: helpers[asked.get('helper') ?? ''] ?? ordinary.helper,
  hostile: asked.has('hostile'),
  threads: Number(asked.get('threads') ?? ordinary.threads),
  depth: Number(asked.get('depth') ?? ordinary.depth),
  samplesPerUpdate: asked.has('idle') ? 0 : ordinary.samplesPerUpdate,
  updateMs: asked.has('still') ? 0 : ordinary.updateMs,
  recordings: Number(asked.get('recordings') ?? ordinary.recordings),
  sides: (asked.get('sides') as Scenario['sides'] | null) ?? ordinary.sides,
  processes: asked.has('empty') ? 0 : ordinary.processes,
  noSource: asked.has('nosource') ? 'The file is not here. Source packages and build folders are often elsewhere.' : '',
  searchFailure: asked.has('nosearch')
    ? { code: 'notPermitted', message: 'Tracing was not permitted.', remedy: 'Ask whoever administers this computer, or choose a recording.' }
    : null,
  startFailure: asked.has('fail')
    ? {
        code: 'noSuchProcess',
        message: 'Process 4121 ended before sampling could begin.',
        remedy: 'Start it again and pick it from the list, or use “Launch a command…”, which holds it until sampling is attached.',
      }
    : null,
});
const engine = new Engine(worker);
const session = mount(engine, document.getElementById('root')!);
window.harness = { worker, session, redraws };
engine.connect({ kind: 'socket', url: 'ws://127.0.0.1/engine' });
