// SPDX-License-Identifier: Apache-2.0
/** What can be traced, as one types. */
import { useEffect, useState } from 'react';
import type { Failure, FunctionList } from '../../ipc/contract.ts';
import { asFailure } from '../app/failures.ts';
import { useSession } from '../app/session-context.ts';
import { useApp, type AppState } from '../app/store.ts';

/** Lists of a hundred thousand names are searched for every pattern: not for every letter. */
const TYPING_MS = 150;
/** From then on it is said what takes so long. */
const SLOW_MS = 500;
/** Of each kind; the list says how many more there are. */
const MOST = 200;

export interface FunctionSearch {
  /** The pattern that `list` answers to. */
  pattern: string;
  list: FunctionList | null;
  failure: Failure | null;
  /** Another answer is on its way. */
  isSearching: boolean;
  /** And that for longer than half a second: the names of a large program's files are read for the first time. */
  isSlow: boolean;
}

/** Processes whose files are searched beside the kernel. */
export function searchedProcesses({ probing, threads, recording, screen }: AppState): number[] {
  const request = probing.target?.request;
  if (request?.kind === 'processes') return request.processes.map(({ tgid }) => tgid);
  if (probing.tgids.length > 0 && request?.kind !== 'system') return [...probing.tgids];
  const isBeside = request?.kind === 'recording' || (request === undefined && recording?.state.kind === 'live');
  return isBeside && screen === 'functions' ? [...new Set(threads.map(({ tgid }) => tgid))].slice(0, 64) : [];
}

export function useFunctions(pattern: string): FunctionSearch {
  const session = useSession();
  const connected = useApp((state) => state.connection.kind === 'connected');
  const tgids = useApp((state) => searchedProcesses(state).join(' '));
  const [answer, setAnswer] = useState<Omit<FunctionSearch, 'isSearching' | 'isSlow'> & { tgids: string }>({ pattern: '', tgids: '', list: null, failure: null });
  const isAnswered = (answer.list !== null || answer.failure !== null) && answer.pattern === pattern && answer.tgids === tgids;
  useEffect(() => {
    if (!connected) return;
    let isWanted = true;
    const ask = () => {
      const numbers = tgids === '' ? [] : tgids.split(' ').map(Number);
      session.engine.call('functions', { pattern, tgids: numbers, most: MOST }).then(
        (list) => isWanted && setAnswer({ pattern, tgids, list, failure: null }),
        (error: unknown) => isWanted && setAnswer((before) => ({ pattern, tgids, list: before.list, failure: asFailure(error) })),
      );
    };
    const timer = setTimeout(ask, pattern === '' ? 0 : TYPING_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [session, connected, pattern, tgids]);
  const [slowFor, setSlowFor] = useState<string | null>(null);
  useEffect(() => {
    if (isAnswered || pattern === '') return;
    const timer = setTimeout(() => setSlowFor(pattern), SLOW_MS);
    return () => clearTimeout(timer);
  }, [isAnswered, pattern]);
  return { ...answer, isSearching: !isAnswered, isSlow: !isAnswered && slowFor === pattern };
}
