// SPDX-License-Identifier: Apache-2.0
/** The window: bar, rail, a screen, status. */
import { useEffect } from 'react';
import { Dialog } from '../parts/Dialog.tsx';
import { DropZone } from '../picker/DropZone.tsx';
import { LaunchDialog } from '../picker/LaunchDialog.tsx';
import { TargetPicker } from '../picker/TargetPicker.tsx';
import { Header } from './Header.tsx';
import { Toasts } from './Notices.tsx';
import { Rail } from './Rail.tsx';
import { screens, type ScreenName } from './screens.ts';
import { useSession } from './session-context.ts';
import { KeepDialog, KeysDialog, SaveDialog } from './SmallDialogs.tsx';
import { StatusBar } from './StatusBar.tsx';
import { useApp, type OpenDialog } from './store.ts';
import { subjectOf } from './subject.ts';
import { useCommands } from './use-commands.ts';
import './app.css';

export function App() {
  const session = useSession();
  const recording = useApp((state) => subjectOf(state).recording !== null);
  const isPicking = useApp((state) => state.dialog === 'picker' && (state.recording !== null || state.screen === 'functions'));
  
  const { component: Screen, hasSides } = useApp(({ screen }) => screens.find(({ name }) => name === screen)!);
  const sides = useApp(hasSides);
  const shown = useApp(({ screen }) => screen);
  useShownTheme();
  const open = (next: OpenDialog) => session.store.setState({ dialog: next });
  const go = (at: number) => () => {
    const next: ScreenName | undefined = screens[at]?.name;
    if (next !== undefined) session.store.setState({ screen: next });
  };
  useCommands({
    firstScreen: go(0),
    secondScreen: go(1),
    thirdScreen: go(2),
    fourthScreen: go(3),
    fifthScreen: go(4),
    help: () => open('keys'),
    ...(recording ? { save: () => open('save') } : {}),
    ...(recording || shown === 'functions' ? { openPicker: () => open('picker') } : {}),
  });
  return (
    <div className={`window ${sides ? '' : 'without-sides'}`}>
      <Header />
      <Rail />
      <Screen />
      <StatusBar />
      <Dialog open={isPicking} close={() => session.store.setState({ dialog: null, repeated: [], failure: null })} title="Pick a target" className="picker-dialog">
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
