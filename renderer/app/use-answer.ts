// SPDX-License-Identifier: Apache-2.0
/** What the engine answers to a question that a component has while it is on the screen. */
import { useEffect, useState } from 'react';
import type { CallName, Calls } from '../../ipc/contract.ts';
import { useSession } from './session-context.ts';

/** Null: not yet, or it was refused (the recording was closed, the engine is gone). @param args null: nothing is asked. */
export function useAnswer<N extends CallName>(name: N, args: Parameters<Calls[N]> | null): ReturnType<Calls[N]> | null {
  const session = useSession();
  const [answer, setAnswer] = useState<{ asked: string; value: ReturnType<Calls[N]> } | null>(null);
  const asked = args === null ? null : JSON.stringify(args);
  useEffect(() => {
    if (asked === null) return;
    let isWanted = true;
    session.engine.call(name, ...(JSON.parse(asked) as Parameters<Calls[N]>)).then(
      (value) => isWanted && setAnswer({ asked, value }),
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
  }, [session, name, asked]);
  return answer !== null && answer.asked === asked ? answer.value : null;
}
