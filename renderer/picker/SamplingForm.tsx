// SPDX-License-Identifier: Apache-2.0
/** Rate, children, kernel stacks, depth: remembered for the next time. */
import { useState } from 'react';
import { formatCount } from '../app/format.ts';
import { unitOf } from '../../profile/questions.ts';
import { ASKED, questionWords, type AskedQuestion } from '../app/questions.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { checkFrequency } from './frequency.ts';

/** Nanoseconds. */
const LEAST_WAITS = [0, 1e3, 10e3, 100e3, 1e6, 10e6];
/** Frames; walks that deep cost more in the kernel. */
const DEEP = 1023;

export function SamplingForm() {
  const session = useSession();
  const settings = useApp((state) => state.settings);
  // Where the machine has no counter, there is no choice to show.
  const hardwareCycles = useApp((state) => state.engine?.hardwareCycles ?? false);
  // Functions are probed, and nothing is asked of the whole.
  const asks = useApp((state) => state.screen !== 'functions');
  const question = ASKED.find((each) => each === settings.question) ?? 'on-cpu';
  const [typed, setTyped] = useState(String(settings.frequency));
  const checked = checkFrequency(typed);
  const change = (next: Partial<typeof settings>) => session.setSettings({ ...settings, ...next });
  return (
    <fieldset className="sampling-form">
      <legend className="hidden">Sampling</legend>
      {asks && (
        <label>
          Question
          <select value={question} onChange={(event) => change({ question: event.target.value as AskedQuestion })}>
            {ASKED.map((each) => (
              <option key={each} value={each}>
                {questionWords[each].title}: {questionWords[each].what}
              </option>
            ))}
          </select>
        </label>
      )}
      {asks && unitOf(question) === 'nanoseconds' && (
        <label title="Shorter waits are left out, and counted: taking them costs the target more than they tell">
          Waits from
          <select value={settings.leastWaitNs ?? 1000} onChange={(event) => change({ leastWaitNs: Number(event.target.value) })}>
            {LEAST_WAITS.map((nanoseconds) => (
              <option key={nanoseconds} value={nanoseconds}>
                {nanoseconds === 0 ? 'any length' : `${nanoseconds < 1e6 ? `${nanoseconds / 1e3} µs` : `${nanoseconds / 1e6} ms`}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        Rate
        <input
          type="text"
          inputMode="numeric"
          className="rate"
          value={typed}
          aria-invalid={!checked.ok}
          aria-describedby="rate-message"
          onChange={(event) => {
            setTyped(event.target.value);
            const next = checkFrequency(event.target.value);
            if (next.ok) change({ frequency: next.hertz });
          }}
        />
        Hz
      </label>
      <label>
        <input type="checkbox" checked={settings.children} onChange={(event) => change({ children: event.target.checked })} />
        Follow children
      </label>
      <label>
        <input
          type="checkbox"
          checked={settings.kernelStacks}
          onChange={(event) => change({ kernelStacks: event.target.checked })}
        />
        Kernel stacks
      </label>
      <label title={`Up to ${formatCount(DEEP)} frames of a stack instead of 127`}>
        <input
          type="checkbox"
          checked={settings.stackDepth === DEEP}
          onChange={(event) => {
            const { stackDepth: _, ...rest } = settings;
            session.setSettings(event.target.checked ? { ...rest, stackDepth: DEEP } : rest);
          }}
        />
        Deep stacks
      </label>
      {hardwareCycles && (
        <label>
          <input
            type="checkbox"
            checked={settings.event === 'cycles'}
            onChange={(event) => change({ event: event.target.checked ? 'cycles' : 'cpuClock' })}
          />
          Count CPU cycles
        </label>
      )}
      <span id="rate-message" className="bad" role="alert">
        {checked.ok ? '' : `${checked.message} Until then ${settings.frequency} Hz is used.`}
      </span>
    </fieldset>
  );
}
