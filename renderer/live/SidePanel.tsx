// SPDX-License-Identifier: Apache-2.0
/** The column at the left: the question, how it is sampled, which threads count. */
import { formatBytes } from '../app/format.ts';
import { useApp } from '../app/store.ts';
import { ThreadList } from './ThreadList.tsx';

export function SidePanel() {
  const recording = useApp((state) => state.recording);
  const tables = useApp((state) => state.status?.figures?.unwindTables);
  if (recording === null) return null;
  const { settings } = recording;
  return (
    <aside className="side" aria-label="Question, sampling and threads">
      <h2 className="title">Question</h2>
      <div className="questions">
        <div className="on" aria-current="true">
          On CPU<small>where it computes</small>
        </div>
      </div>
      <h2 className="title">Sampling</h2>
      <dl className="facts">
        <dt>Rate</dt>
        <dd>{recording.frequencyHz} Hz</dd>
        <dt>Event</dt>
        <dd>{settings.event === 'cycles' ? 'CPU cycles' : 'CPU clock'}</dd>
        <dt>Stacks</dt>
        <dd>{settings.kernelStacks ? 'user + kernel' : 'user'}</dd>
        <dt>Unwind</dt>
        <dd>{tables === undefined ? 'frame pointers' : `${tables.tables} ${tables.tables === 1 ? 'table' : 'tables'}, ${formatBytes(tables.bytes)}`}</dd>
        <dt>Depth</dt>
        <dd>{settings.stackDepth ?? 127} frames</dd>
        <dt>Children</dt>
        <dd>{settings.children ? 'follow' : 'leave out'}</dd>
      </dl>
      <ThreadList />
    </aside>
  );
}
