// SPDX-License-Identifier: Apache-2.0
/**
 * Between the page and Electron, sandboxed and in a world of its own: says which shell this is, and hands on
 * the one port to the engine. ipcRenderer stays here.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';

type EnginePort = IpcRendererEvent['ports'][number];

interface PageWindow {
  readonly location: { readonly origin: string };
  postMessage(message: unknown, targetOrigin: string, transfer: EnginePort[]): void;
  addEventListener(
    type: 'message',
    listener: (event: { source: unknown; origin: string; data: unknown }) => void,
  ): void;
}
declare const window: PageWindow;

/** A port that came before the page was ready for it; the newest counts. */
let port: EnginePort | undefined;
let wanted = false;

function handOver(): void {
  if (!wanted || !port) return;
  // Once posted it belongs to the page, so that neither may be handed over twice.
  const transferred = port;
  port = undefined;
  wanted = false;
  window.postMessage({ type: 'engine-port' }, window.location.origin, [transferred]);
}

contextBridge.exposeInMainWorld('emberscope', { shell: 'electron' });

ipcRenderer.on('engine-port', ({ ports }) => {
  port = ports[0];
  handOver();
});

window.addEventListener('message', ({ source, origin, data }) => {
  if (source !== window || origin !== window.location.origin) return;
  if ((data as { type?: unknown } | null)?.type !== 'engine-port-wanted') return;
  wanted = true;
  handOver();
});
