// SPDX-License-Identifier: Apache-2.0
/** Above the cards: the view, what the probes cost together, and what the next one is asked for. */
import { formatPercent } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { parseNanoseconds } from './durations.ts';
import { parseFilter } from './value-filter.ts';
import { costOf, MINUTE, type FunctionsTab, type ProbeOptions } from './probing.ts';
import '../parts/tools.css';
import './probe-tools.css';

const tabs: readonly (readonly [FunctionsTab, string])[] = [
  ['latency', 'Latency'],
  ['arguments', 'Arguments'],
  ['stack', 'By stack'],
  ['events', 'Events'],
];

/** Of one CPU: what costs more is detached (budget of the engine). */
const ALLOWED = 0.05;

export function ProbeTools() {
  const session = useSession();
  const tab = useApp((state) => state.probing.tab);
  const probes = useApp((state) => state.probing.probes);
  const newest = useApp((state) => state.probing.newest);
  const attached = probes.filter(({ state }) => state === 'attached').length;
  return (
    <div className="tools probe-tools">
      <div className="tabs" role="group" aria-label="View">
        {tabs.map(([name, title]) => (
          <button key={name} aria-pressed={tab === name} onClick={() => session.probes.change((probing) => ({ ...probing, tab: name }))}>
            {title}
          </button>
        ))}
      </div>
      <span className="budget" role="status">
        {`${attached} ${attached === 1 ? 'probe' : 'probes'} · cost ${formatPercent(costOf(probes), 1)} of one CPU of ${formatPercent(ALLOWED, 0)} allowed each`}
      </span>
      {(tab === 'latency' || tab === 'arguments') && (
        <div className="tabs" role="group" aria-label="Time shown">
          <button aria-pressed={newest !== null} onClick={() => session.probes.change((probing) => ({ ...probing, newest: MINUTE, range: null }))}>
            Minute
          </button>
          <button aria-pressed={newest === null} onClick={() => session.probes.change((probing) => ({ ...probing, newest: null }))}>
            All
          </button>
        </div>
      )}
      <Options />
    </div>
  );
}

function Options() {
  const session = useSession();
  const options = useApp((state) => state.probing.options);
  const opened = useApp((state) => state.probing.opened);
  const change = (part: Partial<ProbeOptions>) => session.probes.change((probing) => ({ ...probing, options: { ...probing.options, ...part } }));
  if (opened) return null;
  const isUnknown = parseFilter(options.onlyWhere) === undefined;
  const isWrong = parseNanoseconds(options.slowerThan) === null;
  return (
    <fieldset className="probe-options">
      <legend className="hidden">What the next probe is asked for</legend>
      <select aria-label="Measure" value={options.measure} onChange={(event) => change({ measure: event.target.value as ProbeOptions['measure'] })}>
        <option value="latency">How long</option>
        <option value="count">How often</option>
        <option value="returned">Return value</option>
      </select>
      <label>
        <input type="checkbox" checked={options.byThread} onChange={(event) => change({ byThread: event.target.checked })} /> Threads
      </label>
      <label>
        <input type="checkbox" checked={options.byStack} onChange={(event) => change({ byStack: event.target.checked })} /> Stacks
      </label>
      <label className="slower">
        <span>Only slower than</span>
        <input
          type="text"
          aria-label="Only slower than"
          aria-invalid={isWrong}
          placeholder="1 ms"
          title={isWrong ? 'A length of time, such as 1 ms, 20 us or 0.5 s' : 'For the next probe: quicker calls are only counted as left out'}
          value={options.slowerThan}
          onChange={(event) => change({ slowerThan: event.target.value })}
        />
      </label>
      <label className="where">
        <span>where</span>
        <input
          type="text"
          aria-label="Only where an argument or the return value is"
          aria-invalid={isUnknown}
          placeholder="arg3 > 4096"
          title={isUnknown ? 'An argument or what is returned, compared with a whole number: arg3 > 4096, arg1 = 0, return < 0' : 'For the next probe: other calls are only counted as left out'}
          value={options.onlyWhere}
          onChange={(event) => change({ onlyWhere: event.target.value })}
        />
      </label>
    </fieldset>
  );
}
