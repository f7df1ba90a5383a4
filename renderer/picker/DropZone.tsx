// SPDX-License-Identifier: Apache-2.0
/** A recording dropped anywhere on the window is opened. */
import { useEffect, useState } from 'react';
import { useSession } from '../app/session-context.ts';
import { addToast } from '../app/store.ts';
import { openRecordingFile } from '../app/transfers.ts';

export function DropZone() {
  const session = useSession();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 1 && files[0] !== undefined) void openRecordingFile(session, files[0]);
      else addToast(session.store, { kind: 'failure', message: `${files.length} files were dropped.`, detail: 'Drop one file at a time.' });
    };
    const handlers = { dragenter: drag, dragover: drag, dragleave: leave, drop } as const;
    for (const [name, handler] of Object.entries(handlers)) window.addEventListener(name, handler as EventListener);
    return () => {
      for (const [name, handler] of Object.entries(handlers)) window.removeEventListener(name, handler as EventListener);
    };
  }, [session]);
  return over ? (
    <div className="drop-zone">
      <div>Drop a recording, or another tool’s profile, to open it</div>
    </div>
  ) : null;
}
