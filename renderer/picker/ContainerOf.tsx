// SPDX-License-Identifier: Apache-2.0
/** Below the list: the cgroup that the chosen process is in, to be recorded as a whole. */
import { Box } from 'lucide-react';
import type { ProcessSummary } from '../../ipc/contract.ts';
import { displayName, formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';

/** Of a cgroup and those below it. */
export function membersOf(folder: string, processes: readonly ProcessSummary[]): number {
  return processes.filter(({ cgroup }) => cgroup === folder || cgroup.startsWith(`${folder}/`)).length;
}

export function ContainerOf({ process: { cgroup, container, name }, ready }: { process: ProcessSummary; ready: boolean }) {
  const session = useSession();
  const members = useApp((state) => membersOf(cgroup, state.processes ?? []));
  const last = cgroup.slice(cgroup.lastIndexOf('/') + 1);
  const what = container === null ? 'cgroup' : `${container} container`;
  return (
    <div className="container-of">
      <Box size={14} aria-hidden />
      <span title={displayName(cgroup, 400)}>
        {displayName(name, 40)} is in the {displayName(what, 40)} <b>{displayName(last, 80)}</b>
      </span>
      <button disabled={!ready} onClick={() => void session.begin({ kind: 'cgroup', folder: cgroup }, last)}>
        {members === 1 ? 'Record this cgroup' : `Record all ${formatCount(members)} of its processes`}
      </button>
    </div>
  );
}
