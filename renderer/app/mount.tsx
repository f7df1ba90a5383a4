// SPDX-License-Identifier: Apache-2.0
/** Puts the window into a page, whatever answers as the worker. */
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '../theme.css';
import { createRoot } from 'react-dom/client';
import { pageFonts } from '../painting/page-fonts.ts';
import { PainterContext } from '../painting/painter-context.ts';
import { Painter } from '../painting/painter.ts';
import { App } from './App.tsx';
import type { Engine } from './engine.ts';
import { createFeeds } from './feed.ts';
import { SessionContext } from './session-context.ts';
import { Session } from './session.ts';
import { appStore } from './store.ts';

export function mount(engine: Engine, root: HTMLElement): Session {
  const session = new Session(engine, appStore, createFeeds());
  // Before it is needed: the first picture should not wait for it.
  const painter = new Painter(new Worker(new URL('../painting/worker.ts', import.meta.url), { type: 'module' }));
  painter.useFonts(pageFonts(document));
  createRoot(root).render(
    <SessionContext value={session}>
      <PainterContext value={painter}>
        <App />
      </PainterContext>
    </SessionContext>,
  );
  return session;
}
