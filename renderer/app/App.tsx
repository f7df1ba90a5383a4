// SPDX-License-Identifier: Apache-2.0
/** The window: bar, rail, the picker or the live screen, status. */
import { Activity } from 'lucide-react';
import { useEffect } from 'react';
import { LiveScreen } from '../live/LiveScreen.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { DropZone } from '../picker/DropZone.tsx';
import { LaunchDialog } from '../picker/LaunchDialog.tsx';
import { TargetPicker } from '../picker/TargetPicker.tsx';
import { Header } from './Header.tsx';
import { LiveBanner, Toasts } from './Notices.tsx';
import { useSession } from './session-context.ts';
import { KeepDialog, KeysDialog, SaveDialog } from './SmallDialogs.tsx';
import { StatusBar } from './StatusBar.tsx';
import { useApp } from './store.ts';
import { useCommands } from './use-commands.ts';
import './app.css';

export function App() {
  const session = useSession();
  const recording = useApp((state) => state.recording !== null);
  const dialog = useApp((state) => state.dialog);
  useShownTheme();
  const open = (next: typeof dialog) => session.store.setState({ dialog: next });
  useCommands({
    help: () => open('keys'),
    ...(recording ? { openPicker: () => open('picker'), save: () => open('save') } : {}),
  });
  return (
    <div className={`window ${recording ? '' : 'without-sides'}`}>
      <Header />
      <nav className="rail" aria-label="Screens">
        <button className="on" aria-current="page">
          <Activity size={18} aria-hidden />
          Live
        </button>
      </nav>
      {recording ? (
        <LiveScreen />
      ) : (
        <main className="start">
          <LiveBanner />
          <div className="start-head">
            <h2>What do you want to look at?</h2>
            <p>Pick a running process and see, live, where its CPU time goes.</p>
          </div>
          <TargetPicker />
        </main>
      )}
      <StatusBar />
      <Dialog open={recording && dialog === 'picker'} close={() => open(null)} title="Pick a target" className="picker-dialog">
        <TargetPicker />
      </Dialog>
      <LaunchDialog />
      <SaveDialog />
      <KeepDialog />
      <KeysDialog />
      <DropZone />
      <Toasts />
    </div>
  );
}

/** Puts the chosen theme, or the system's, on the page. */
function useShownTheme(): void {
  const theme = useApp((state) => state.theme);
  useEffect(() => {
    const light = window.matchMedia('(prefers-color-scheme: light)');
    const show = () => {
      document.documentElement.dataset['theme'] = theme === 'system' ? (light.matches ? 'light' : 'dark') : theme;
    };
    show();
    light.addEventListener('change', show);
    return () => light.removeEventListener('change', show);
  }, [theme]);
}
