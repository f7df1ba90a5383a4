// SPDX-License-Identifier: Apache-2.0
/** Two sides compared: which functions changed, by how much, and how sure that is. */
import { ArrowRight, ArrowRightLeft } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { verdictWords } from '../../profile/comparison/difference-words.ts';
import { NORMALISATIONS } from '../../profile/comparison/normalisation.ts';
import { formatCount } from '../app/format.ts';
import { FailureNote } from '../app/Notices.tsx';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useCommands } from '../app/use-commands.ts';
import { normalisationWords } from './compare-words.ts';
import { shownFunctions, tally, toggledVerdict, VERDICTS, type SideName } from './comparing.ts';
import { DifferenceInspector } from './DifferenceInspector.tsx';
import { DifferencePictures } from './DifferencePictures.tsx';
import { DifferenceTable } from './DifferenceTable.tsx';
import { Choice } from './Choice.tsx';
import { LatencyDifferences } from './LatencyDifferences.tsx';
import { LatencyInspector } from './LatencyInspector.tsx';
import { chosenProbe, shownTab } from './latency-view.ts';
import { SideButton } from './SideButton.tsx';
import { SideDialog } from './SideDialog.tsx';
import '../parts/empty.css';
import './compare.css';

export function CompareScreen() {
  const session = useSession();
  const { compare: actions } = session;
  const comparing = useApp((state) => state.comparing);
  const [choosing, setChoosing] = useState<{ side: SideName; add: boolean } | null>(null);
  const search = useRef<HTMLInputElement>(null);
  useCommands({
    search: () => (search.current?.focus(), search.current?.select()),
    layout: () => session.setLayout(session.store.getState().layout === 'flame' ? 'icicle' : 'flame'),
  });
  const { a, b, normalisation, measure, result, failure, busy, query, verdicts, latencies } = comparing;
  const functions = useMemo(() => shownFunctions({ result, query, verdicts, measure }), [result, query, verdicts, measure]);
  const counts = useMemo(() => tally({ result, measure }), [result, measure]);
  const isChosen = a.length > 0 && b.length > 0;
  const tab = shownTab(comparing);
  const addRuns = (side: SideName) => setChoosing({ side, add: true });
  return (
    <>
      <main className="compare">
        <h2 className="hidden">Comparison</h2>
        <div className="compare-pair">
          <SideButton side="a" runs={a} choose={() => setChoosing({ side: 'a', add: false })} />
          <ArrowRight size={15} aria-hidden className="faint" />
          <SideButton side="b" runs={b} choose={() => setChoosing({ side: 'b', add: false })} />
          <button disabled={!isChosen} title="Swap the sides" aria-label="Swap the sides" onClick={() => actions.swap()}>
            <ArrowRightLeft size={15} />
          </button>
          <span className="grow" />
          {tab === 'latencies' && isChosen && (latencies?.compared.length ?? 0) > 0 && (
            <input ref={search} type="search" aria-label="Search probes" placeholder="Search" spellCheck={false} value={query} onChange={(event) => actions.change((before) => ({ ...before, query: event.target.value }))} />
          )}
          {tab !== 'latencies' && (
            <div className="compare-measures">
              <Choice
                label="By"
                options={NORMALISATIONS.map((each) => ({ value: each, ...normalisationWords[each] }))}
                value={normalisation}
                choose={(value) => actions.change((before) => ({ ...before, normalisation: value }))}
              />
              <Choice
                label="Count"
                options={[
                  { value: 'total', title: 'total', what: 'A function with all that it called' },
                  { value: 'self', title: 'self', what: 'A function alone' },
                ]}
                value={measure}
                choose={(value) => actions.change((before) => ({ ...before, measure: value }))}
              />
            </div>
          )}
        </div>
        {failure !== null && tab !== 'latencies' && <FailureNote failure={failure} close={() => actions.change((before) => ({ ...before, failure: null }))} />}
        {result !== null && tab !== 'latencies' && (
          <div className="compare-tools">
            {VERDICTS.map((verdict) => (
              <button
                key={verdict}
                className={`verdict-chip ${verdict}`}
                aria-pressed={verdicts.includes(verdict)}
                title={`${formatCount(counts[verdict].functions)} functions: show or hide them`}
                onClick={() => actions.change((before) => ({ ...before, verdicts: toggledVerdict(before.verdicts, verdict) }))}
              >
                {verdictWords[verdict]} <span>{formatCount(counts[verdict].functions)}</span>
              </button>
            ))}
            <span className="grow" />
            <input ref={search} type="search" aria-label="Search functions" placeholder="Search functions" spellCheck={false} value={query} onChange={(event) => actions.change((before) => ({ ...before, query: event.target.value }))} />
          </div>
        )}
        {tab === 'latencies' && isChosen && latencies !== null ? (
          <LatencyDifferences comparing={comparing} latencies={latencies} />
        ) : result === null ? (
          <div className="empty" role="status">
            {!isChosen ? (
              <>
                <strong>{busy ? 'Opening…' : 'Choose what to compare'}</strong>
                {!busy && <span>A is before, B is after. Mark two recordings in the library, or choose each side above. Several runs of the same tell best what is noise.</span>}
              </>
            ) : (
              failure === null && <strong>Comparing…</strong>
            )}
          </div>
        ) : (
          <>
            <DifferencePictures />
            <DifferenceTable functions={functions} measure={measure} isSame={result.isSame} />
          </>
        )}
      </main>
      {tab === 'latencies' ? (
        <LatencyInspector comparing={comparing} probe={chosenProbe(comparing)} addRuns={addRuns} />
      ) : (
        <DifferenceInspector comparing={comparing} counts={counts} addRuns={addRuns} />
      )}
      {choosing !== null && <SideDialog side={choosing.side} add={choosing.add} close={() => setChoosing(null)} />}
    </>
  );
}
