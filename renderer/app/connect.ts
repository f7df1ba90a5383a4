// SPDX-License-Identifier: Apache-2.0
/** Decides how the page reaches the engine, and hands the transport to the worker. */
import type { Engine } from './engine.ts';

declare global {
  interface Window {
    /** Set by Electron's preload; absent in a browser. */
    emberscope?: { shell: 'electron' };
  }
}

/** The address of the engine behind the page that the loopback shell served. */
export function socketAddress(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/engine`;
}

/** Under Electron the preload posts a port, asked or unasked; elsewhere the worker opens a WebSocket. */
export function connect(engine: Engine, page: Window): void {
  if (page.emberscope?.shell !== 'electron') {
    engine.connect({ kind: 'socket', url: socketAddress(page.location) });
    return;
  }
  const take = (event: MessageEvent) => {
    const port = event.ports[0];
    // Only this very page's preload may hand over a port.
    if (event.source !== page || (event.data as { type?: unknown } | null)?.type !== 'engine-port' || port === undefined) return;
    page.removeEventListener('message', take);
    engine.connect({ kind: 'port', port });
  };
  page.addEventListener('message', take);
  // The preload may have come first: ask.
  page.postMessage({ type: 'engine-port-wanted' }, page.location.origin);
}
