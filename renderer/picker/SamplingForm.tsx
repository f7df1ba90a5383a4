// SPDX-License-Identifier: Apache-2.0
/** Rate, children, kernel stacks, depth: remembered for the next time. */
import { useState } from 'react';
import { formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { checkFrequency } from './frequency.ts';

/** Frames; walks that deep cost more in the kernel. */
const DEEP = 1023;

export function SamplingForm() {
  const session = useSession();
  const settings = useApp((state) => state.settings);
  // Where the machine has no counter, there is no choice to show.
  const hardwareCycles = useApp((state) => state.engine?.hardwareCycles ?? false);
  const [typed, setTyped] = useState(String(settings.frequency));
  const checked = checkFrequency(typed);
  const change = (next: Partial<typeof settings>) => session.setSettings({ ...settings, ...next });
  return (
    <fieldset className="sampling-form">
      <legend className="hidden">Sampling</legend>
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
