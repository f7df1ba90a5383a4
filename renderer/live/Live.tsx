// SPDX-License-Identifier: Apache-2.0
/** Where a target is picked, and its recording once there is one. */
import { LiveBanner } from '../app/Notices.tsx';
import { useApp } from '../app/store.ts';
import { TargetPicker } from '../picker/TargetPicker.tsx';
import { LiveScreen } from './LiveScreen.tsx';
import './start.css';

export function Live() {
  const recording = useApp((state) => state.recording !== null);
  if (recording) return <LiveScreen />;
  return (
    <main className="start">
      <LiveBanner />
      <div className="start-head">
        <h2>What do you want to look at?</h2>
        <p>Pick a running process and see, live, where its CPU time goes.</p>
      </div>
      <TargetPicker />
    </main>
  );
}
