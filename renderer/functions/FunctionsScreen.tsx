// SPDX-License-Identifier: Apache-2.0
/** Single functions: what can be traced, a card a probe, and what is known of the selected one. */
import { Hourglass } from 'lucide-react';
import { FailureNote, LiveBanner } from '../app/Notices.tsx';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useCommands } from '../app/use-commands.ts';
import { EventsTable } from '../events/EventsTable.tsx';
import { FlameGraph } from '../flamegraph/FlameGraph.tsx';
import { Inspector } from '../live/Inspector.tsx';
import { Toolbar } from '../live/Toolbar.tsx';
import { Arguments } from './Arguments.tsx';
import { FunctionSearch } from './FunctionSearch.tsx';
import { ProbeCards } from './ProbeCards.tsx';
import { ProbeInspector } from './ProbeInspector.tsx';
import { ProbeTools } from './ProbeTools.tsx';
import { noStacks } from './no-stacks.ts';
import { backOutOfProbes, stacksShown, withStacks } from './probing.ts';
import '../parts/empty.css';
import './functions.css';

export function FunctionsScreen() {
  const session = useSession();
  const tab = useApp((state) => state.probing.tab);
  const probes = useApp((state) => state.probing.probes);
  const busy = useApp((state) => state.probing.busy);
  const failure = useApp((state) => state.probing.failure);
  const isStack = tab === 'stack';
  useCommands({
    ...(isStack ? {} : { back: () => session.probes.change(backOutOfProbes), pause: () => session.togglePause() }),
  });
  return (
    <>
      <FunctionSearch />
      <main className={`functions-main ${isStack ? 'with-flame' : ''}`}>
        <ProbeTools />
        <div className="functions-notes">
          <LiveBanner />
          <HeldCommand />
          {failure !== null && <FailureNote failure={failure} close={() => session.probes.change((probing) => ({ ...probing, failure: null }))} />}
          {busy !== null && (
            <p className="functions-busy" role="status">
              {displayName(busy, 120)}
            </p>
          )}
        </div>
        {tab === 'latency' && (probes.length === 0 ? <NoProbes /> : <ProbeCards probes={probes} />)}
        {tab === 'arguments' && <Arguments />}
        {tab === 'events' && <EventsTable />}
        {isStack && <ByStack />}
      </main>
      {isStack ? <Inspector /> : <ProbeInspector />}
    </>
  );
}

/** It runs when one has asked what one wants to know of its first instructions. */
function HeldCommand() {
  const session = useSession();
  const title = useApp(({ probing: { recording } }) => (recording?.isHeld === true && recording.state.kind === 'live' ? recording.target : null));
  if (title === null) return null;
  return (
    <section className="notice" role="status">
      <Hourglass size={18} />
      <div>
        <strong>{displayName(title, 120)} waits before its first instruction.</strong>
        <p>Attach what you want to ask of it, then let it run: nothing that it calls is missed.</p>
      </div>
      <button className="primary" onClick={() => void session.probes.letRun()}>
        Let it run
      </button>
    </section>
  );
}

function NoProbes() {
  const session = useSession();
  const opened = useApp((state) => state.probing.opened);
  const recording = useApp((state) => state.probing.recording?.target ?? null);
  // Depends on what the live screen shows, too.
  useApp((state) => state.recording);
  const title = recording ?? session.probes.target().title;
  if (opened) return <div className="empty"><strong>This recording has no probes</strong></div>;
  return (
    <div className="empty">
      <strong>Ask any function</strong>
      <span>
        Search one at the left and press Enter: it is attached to <b>{displayName(title, 80)}</b>, and its histogram appears here.
      </span>
      <button onClick={() => session.store.setState({ dialog: 'picker' })}>Another target…</button>
    </div>
  );
}

/** Who calls it slowly, as a flame graph: the wider, the longer. */
function ByStack() {
  const session = useSession();
  const probes = useApp((state) => state.probing.probes);
  const shown = useApp((state) => stacksShown(state.probing));
  const choices = withStacks(probes);
  const opened = useApp((state) => state.probing.opened);
  const isOver = useApp((state) => state.probing.recording?.state.kind === 'finished');
  const hasStacks = useApp((state) => state.probing.probes.some(({ request }) => request.byStack));
  const drawn = useApp((state) => state.drawn && !state.blank);
  const stackless = useApp((state) => state.stackless);
  const words = noStacks({ hasStacks, stackless, opened, isOver });
  return (
    <>
      <Toolbar />
      {choices.length > 1 && (
        <label className="stack-note">
          Slow calls of{' '}
          <select value={shown ?? 'all'} onChange={({ target: { value } }) => session.probes.change((probing) => ({ ...probing, stacksOf: value === 'all' ? null : Number(value) }))}>
            {choices.map(({ probe, title }) => (
              <option key={probe} value={probe}>
                {displayName(title, 120)}
              </option>
            ))}
            <option value="all">all {choices.length} together</option>
          </select>
        </label>
      )}
      <FlameGraph>
        {(!drawn || stackless) && (
          <div className="empty over" role="status">
            <strong>{words.title}</strong>
            <span>{words.hint}</span>
          </div>
        )}
      </FlameGraph>
    </>
  );
}
