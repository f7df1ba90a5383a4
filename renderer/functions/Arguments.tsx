// SPDX-License-Identifier: Apache-2.0
/** The selected function's arguments and return value: each can be measured, and those that are stand below. */
import type { ProbeInfo, ProbeMeasureRequest, TraceableFunction } from '../../ipc/contract.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useAnswer } from '../app/use-answer.ts';
import { ProbeCards } from './ProbeCards.tsx';
import { searchedProcesses } from './use-functions.ts';
import '../parts/empty.css';
import './arguments.css';

/** As many as the helper can read. */
const MOST_ARGUMENTS = 6;

export function Arguments() {
  const selected = useApp((state) => state.probing.probes.find(({ probe }) => probe === state.probing.selected));
  const all = useApp((state) => state.probing.probes);
  if (selected === undefined) return <Said title="No function is selected" hint="Attach one, and measure what it is given and what it returns." />;
  const { kind, name, module } = selected.request;
  if (kind !== 'kernel' && kind !== 'user') return <Said title="It has no arguments to choose from" hint="Arguments are those of functions. The fields of a tracepoint stand in its events." />;
  const measured = all.filter(({ request }) => request.kind === kind && request.name === name && request.module === module && (request.measure.kind === 'argument' || request.measure.kind === 'returned'));
  return (
    <div className="arguments">
      <Measurable info={selected} measured={measured} />
      {measured.length === 0 ? <Said title="None is measured yet" hint="Each is a probe of its own, with its histogram here." /> : <ProbeCards probes={measured} />}
    </div>
  );
}

function Said({ title, hint }: { title: string; hint: string }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      <span>{hint}</span>
    </div>
  );
}

function Measurable({ info: { request, title }, measured }: { info: ProbeInfo; measured: readonly ProbeInfo[] }) {
  const session = useSession();
  const readOnly = useApp((state) => state.probing.opened || state.connection.kind !== 'connected');
  const tgids = useApp((state) => searchedProcesses(state).join(' '));
  const numbers = tgids === '' ? [] : tgids.split(' ').map(Number);
  const found = useAnswer('functions', readOnly ? null : [{ pattern: request.name, tgids: numbers, most: 20 }]);
  const known = found?.functions.find(({ kind, symbol, name }) => kind === request.kind && (symbol === request.name || name === request.name));
  const isMeasured = (measure: ProbeMeasureRequest) => measured.some(({ request: { measure: other }, state }) => state === 'attached' && JSON.stringify(other) === JSON.stringify(measure));
  const measure = (asked: ProbeMeasureRequest) => void session.probes.attach({ ...request, measure: asked, leastNs: 0, byStack: false, events: false });
  const choices = choicesOf(known);
  return (
    <div className="measurable" role="group" aria-label={`What ${displayName(title, 80)} is given and returns`}>
      {choices.map(({ label, measure: asked }) => (
        <button key={label} disabled={readOnly || isMeasured(asked)} onClick={() => measure(asked)}>
          {displayName(label, 80)}
        </button>
      ))}
      <span className="faint">{readOnly ? 'A recording cannot be asked anything new.' : known?.arguments == null ? 'Their types are not known: they are read as whole numbers of 64 bits.' : 'Measure one of them.'}</span>
    </div>
  );
}

function choicesOf(known: TraceableFunction | undefined): { label: string; measure: ProbeMeasureRequest }[] {
  const list = known?.arguments ?? Array.from({ length: MOST_ARGUMENTS }, (_, index) => ({ name: `argument ${index + 1}`, type: '' }));
  const choices: { label: string; measure: ProbeMeasureRequest }[] = list
    .slice(0, MOST_ARGUMENTS)
    .map(({ name, type }, index) => ({ label: type === '' ? name : `${type}${type.endsWith('*') ? '' : ' '}${name}`, measure: { kind: 'argument', argument: index + 1 } }));
  if (known?.returns !== 'void') choices.push({ label: known?.returns == null ? 'return value' : `returns ${known.returns}`, measure: { kind: 'returned' } });
  return choices;
}
