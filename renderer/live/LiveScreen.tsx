// SPDX-License-Identifier: Apache-2.0
/** A recording, live or finished: threads, timeline, picture, inspector. */
import { LiveBanner } from '../app/Notices.tsx';
import { useSession } from '../app/session-context.ts';
import { unitOf } from '../../profile/questions.ts';
import { useApp } from '../app/store.ts';
import { isImported } from '../app/subject.ts';
import { useCommands } from '../app/use-commands.ts';
import { FlameGraph } from '../flamegraph/FlameGraph.tsx';
import { Legend } from '../flamegraph/Legend.tsx';
import { Timeline } from '../timeline/Timeline.tsx';
import { CollapsedStrip } from './Collapse.tsx';
import { Inspector } from './Inspector.tsx';
import { SidePanel } from './SidePanel.tsx';
import { Toolbar } from './Toolbar.tsx';
import '../parts/empty.css';
import './live.css';

export function LiveScreen() {
  const session = useSession();
  useCommands({
    layout: () => session.setLayout(session.store.getState().layout === 'flame' ? 'icicle' : 'flame'),
    pause: () => {
      const { recording, navigation: shown } = session.store.getState();
      // What a pause kept back is still there when the recording has ended.
      if (recording?.state.kind === 'finished' && !shown.paused) return;
      session.navigate((navigation) => ({ ...navigation, paused: !navigation.paused }));
    },
    toggleCase: () => session.navigate((navigation) => ({ ...navigation, ignoreCase: !navigation.ignoreCase })),
  });
  // Of folded stacks and the like nobody knows when they were.
  const isTimeless = useApp(({ recording, status }) => isImported(recording) && status?.figures?.durationNs === 0);
  return (
    <>
      <SidePanel />
      <main className={isTimeless ? 'live-main timeless' : 'live-main'}>
        {!isTimeless && <Timeline />}
        <Toolbar />
        <div className="live-picture">
          <LiveBanner />
          <CollapsedStrip />
          <FlameGraph>
            <Waiting />
            <Legend />
          </FlameGraph>
        </div>
      </main>
      <Inspector />
    </>
  );
}

const onCpuWords = {
  filtered: 'Nothing ran in this range on these threads',
  ended: ['No samples', 'The target ended before a sample fell on it. A higher rate sees programs that run for a moment only.'],
  none: ['No samples', 'The target did not use the CPU while it was recorded. Start again while it is busy.'],
  notYet: ['No samples yet', 'The target is waiting and not computing. The picture appears with the first sample.'],
} as const;
const waitWords = {
  filtered: 'Nothing of this kind happened in this range on these threads',
  ended: ['No waits', 'The target ended without waiting that long for anything.'],
  none: ['No waits', 'The target ran all the time: it waited for nothing that long. Where its CPU time goes, “On CPU” shows.'],
  notYet: ['No waits yet', 'The target has run all the time so far: it is busy. The picture appears with the first wait.'],
} as const;

const memoryWords = {
  filtered: 'Nothing was allocated in this range by these threads that is not freed',
  ended: ['Nothing is left', 'All that the target allocated while it was watched was freed again.'],
  none: ['Nothing is left', 'All that the target allocated while it was watched was freed again.'],
  notYet: ['Nothing yet', 'The target has allocated nothing so far that it has not freed.'],
} as const;

/** What is said while there is nothing to draw. */
function Waiting() {
  const drawn = useApp((state) => state.drawn);
  const state = useApp((app) => app.recording?.state);
  const weight = useApp((app) => app.status?.weight ?? 0);
  const question = useApp((app) => app.recording?.question ?? 'on-cpu');
  const words = { samples: onCpuWords, nanoseconds: waitWords, bytes: memoryWords }[unitOf(question)];
  const filtered = useApp((app) => app.navigation.range !== null || app.navigation.hiddenThreads.length > 0 || app.navigation.kinds !== null);
  const blank = useApp((app) => app.blank);
  if (drawn && !blank) return null;
  const [title, hint] =
    weight > 0 && filtered
      ? [words.filtered, 'Widen the range (Esc clears it) or include more threads.']
      : state?.kind === 'starting'
        ? ['Attaching…', state.step]
        : state?.kind === 'finished'
          ? weight > 0
            ? ['Drawing…', '']
            : state.reason === 'targetExited'
              ? words.ended
              : words.none
          : words.notYet;
  return (
    <div className="empty over" role="status">
      <strong>{title}</strong>
      <span>{hint}</span>
    </div>
  );
}
