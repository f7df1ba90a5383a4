// SPDX-License-Identifier: Apache-2.0
/** Test only. The window's parts in a document, over the fake worker with its clock stopped. */
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Engine } from '../app/engine.ts';
import { createFeeds } from '../app/feed.ts';
import { SessionContext } from '../app/session-context.ts';
import { Session } from '../app/session.ts';
import { appStore, createAppStore } from '../app/store.ts';
import type { ToPainter } from '../painting/messages.ts';
import { PainterContext } from '../painting/painter-context.ts';
import { Painter } from '../painting/painter.ts';
import { FakeWorker } from './fake-worker.ts';
import type { Scenario } from './scenario.ts';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

/** Messages of the fake worker arrive in microtasks; answers lead to further calls. */
export async function settle(): Promise<void> {
  await act(async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  });
}

export async function openWindow(scenario: Partial<Scenario> = {}) {
  sessionStorage.clear();
  appStore.setState(createAppStore().getState(), true);
  const worker = new FakeWorker({ updateMs: 0, ...scenario });
  const engine = new Engine(worker);
  const session = new Session(engine, appStore, createFeeds());
  engine.connect({ kind: 'socket', url: 'ws://127.0.0.1/engine' });
  await settle();
  return { worker, engine, session, store: appStore };
}

/** Runs something that changes what is shown, and waits until it is. */
export async function update(change: () => void): Promise<void> {
  await act(async () => change());
  await settle();
}

/** Canvases cannot be given away here; what they would show is told to `painted`, by kind of canvas. */
export const painted: ToPainter[] = [];
const painter = new Painter({ postMessage: (message) => painted.push(message), addEventListener: () => undefined });
HTMLCanvasElement.prototype.transferControlToOffscreen = () => ({}) as OffscreenCanvas;

/** Renders into the document; returns its element and what takes it away. */
export async function render(session: Session, children: ReactNode) {
  const element = document.createElement('div');
  document.body.append(element);
  const root = createRoot(element);
    await act(async () =>
    root.render(
      <SessionContext value={session}>
        <PainterContext value={painter}>{children}</PainterContext>
      </SessionContext>,
    ),
  );
  await settle();
  return {
    element,
    end: async () => {
      await act(async () => root.unmount());
      element.remove();
    },
  };
}

export async function type(field: HTMLInputElement, text: string): Promise<void> {
  await act(async () => {
    // React watches the property itself: set it as a browser does.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await settle();
}

export async function pressKey(target: Element, key: string): Promise<void> {
  await act(async () => target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
  await settle();
}

export async function click(target: Element): Promise<void> {
  await act(async () => target.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })));
  await settle();
}
