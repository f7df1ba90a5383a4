// SPDX-License-Identifier: Apache-2.0
/** The newest picture of one probe, for figures beside its canvases. */
import { useEffect, useState } from 'react';
import { useSession } from '../app/session-context.ts';
import type { ProbePicture } from '../worker/protocol.ts';

export function useProbePicture(probe: number | null): ProbePicture | null {
  const { feeds } = useSession();
  const find = () => feeds.probes.latest?.probes.find((each) => each.probe === probe) ?? null;
  const [picture, setPicture] = useState(find);
  useEffect(() => {
    const take = () => setPicture((before) => feeds.probes.latest?.probes.find((each) => each.probe === probe) ?? (before?.probe === probe && feeds.probes.latest !== null ? before : null));
    take();
    return feeds.probes.listen(take);
  }, [feeds, probe]);
  return picture?.probe === probe ? picture : null;
}
