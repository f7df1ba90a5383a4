// SPDX-License-Identifier: Apache-2.0
/** The button that opens a file: a recording, or one of another tool. */
import { FolderOpen } from 'lucide-react';
import { useRef } from 'react';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { openRecordingFile } from '../app/transfers.ts';

const ENDINGS = '.ember,.folded,.collapsed,.stacks,.txt,.pb,.pprof,.prof,.json,.cpuprofile,.gz';

export function OpenFile({ title }: { title: string }) {
  const session = useSession();
  const disabled = useApp((state) => state.busy !== null || state.connection.kind !== 'connected');
  const file = useRef<HTMLInputElement>(null);
  return (
    <>
      <button disabled={disabled} onClick={() => file.current?.click()}>
        <FolderOpen size={15} /> {title}
      </button>
      <input
        ref={file}
        type="file"
        accept={ENDINGS}
        hidden
        aria-label="Recording to open"
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          event.target.value = '';
          if (chosen !== undefined) void openRecordingFile(session, chosen);
        }}
      />
    </>
  );
}
