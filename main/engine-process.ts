// SPDX-License-Identifier: Apache-2.0
/**
 * The engine under Electron: a utilityProcess that index.ts forks. It imports no Electron: Electron puts
 * `process.parentPort` there. Messages from the main process:
 *
 *     { type: 'window', file } + a port    a page wants to be served at the other end of the port; `file`: the path
 *                                          of what it is to open, null: of nothing
 *     { type: 'close' }                    finish what is being recorded, then end
 */
import { portTransport, type MainPort } from '../ipc/port-transport.ts';
import type { Transport } from '../ipc/transport.ts';

/** What is used of Electron's ParentPort. */
export interface ParentPort {
  on(event: 'message', listener: (message: { data: unknown; ports: MainPort[] }) => void): unknown;
}

export interface ServedEngine {
  serve(transport: Transport, named: string | null): Promise<unknown>;
  close(): Promise<void>;
}

/** @param end ends the process, with an exit code */
export function serveParent(
  parent: ParentPort,
  engine: Promise<ServedEngine>,
  end: (code: number) => void,
): { close: () => void } {
  let closing = false;
  function close(): void {
    if (closing) return;
    closing = true;
    engine
      .then((opened) => opened.close())
      .then(
        () => end(0),
        (error: unknown) => {
          console.error('The engine did not close well:', error);
          end(1);
        },
      );
  }
  parent.on('message', ({ data, ports }) => {
    const { type, file } = (data ?? {}) as { type?: unknown; file?: unknown };
    const [port] = ports;
    if (type === 'close') return close();
    if (type !== 'window' || !port) return console.error('The main process sent something that is not understood.');
    // At once, not when the engine is ready: the port must not be collected, and keeps what comes until then.
    const transport = portTransport(port);
    engine.then(
      (opened) => opened.serve(transport, typeof file === 'string' ? file : null),
      () => transport.close('The engine could not be started.'),
    );
  });
  return { close };
}

async function openEngine(): Promise<ServedEngine> {
  const { createEngine } = await import('./engine/engine.ts');
  return createEngine({ shell: 'electron', shellReason: '' });
}

const parent = (process as unknown as { parentPort?: ParentPort }).parentPort;
if (parent) {
  const engine = openEngine();
  engine.catch((error: unknown) => {
    console.error('The engine could not be started:', error);
    process.exit(1);
  });
  const { close } = serveParent(parent, engine, (code) => process.exit(code));
  // A terminal's Ctrl-C reaches all processes at once; the recording is to be finished all the same.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, close);
}
