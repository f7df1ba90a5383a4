// SPDX-License-Identifier: Apache-2.0
/** What this computer can do for Emberscope, and what to do about the rest. */
import { ClipboardList, RefreshCw } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { DoctorReport, Failure } from '../../ipc/contract.ts';
import { copyText } from '../app/clipboard.ts';
import { CallRefused } from '../app/engine.ts';
import { displayName } from '../app/format.ts';
import { FailureNote } from '../app/Notices.tsx';
import { useSession } from '../app/session-context.ts';
import { useApp, type AppState } from '../app/store.ts';
import { Check } from './Check.tsx';
import { groupsOf, reportText, summary } from './findings.ts';
import './doctor.css';

/** Whose debug files are looked for: the process that is chosen or seen; null: none. */
export function targetOf({ target, threads, recording }: AppState): number | null {
  if (target?.kind === 'processes') return target.processes[0]?.tgid ?? null;
  if (target === null || target.kind === 'system' || recording?.state.kind !== 'live') return null;
  return threads[0]?.tgid ?? null;
}

export function DoctorScreen() {
  const session = useSession();
  const tgid = useApp(targetOf);
  const [report, setReport] = useState<DoctorReport | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asking, setAsking] = useState(0);
  const ask = useCallback(async () => {
    setAsking((count) => count + 1);
    try {
      setReport(await session.engine.call('doctor', tgid));
      setFailure(null);
    } catch (error) {
      if (!(error instanceof CallRefused)) throw error;
      setFailure(error.failure);
    } finally {
      setAsking((count) => count - 1);
    }
  }, [session, tgid]);
  useEffect(() => void ask(), [ask]);
  return (
    <main className="doctor" aria-busy={asking > 0}>
      <header>
        <div>
          <h2>Doctor</h2>
          <p role="status">
            {report === null
              ? 'Looking at this computer…'
              : `${summary(report)} Linux ${displayName(report.kernel, 80)}.`}
          </p>
        </div>
        <button disabled={report === null} onClick={() => report !== null && void copyText(session.store, reportText(report), 'the report')}>
          <ClipboardList size={15} /> Copy report
        </button>
        <button className="primary" disabled={asking > 0} onClick={() => void ask()}>
          <RefreshCw size={15} /> Check again
        </button>
      </header>
      {failure !== null && <FailureNote failure={failure} close={() => setFailure(null)} />}
      <div className="doctor-groups" tabIndex={0} role="region" aria-label="Checks">
        <div className="doctor-columns">
          {report !== null &&
            groupsOf(report).map(({ group, title, checks, available }) => (
              <section key={group} aria-label={title}>
                <h3>
                  {title}
                  <span>
                    {available} of {checks.length} available
                  </span>
                </h3>
                <ul>
                  {checks.map((check) => (
                    <Check key={check.name} check={check} />
                  ))}
                </ul>
              </section>
            ))}
        </div>
      </div>
    </main>
  );
}
