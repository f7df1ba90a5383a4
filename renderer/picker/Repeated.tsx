// SPDX-License-Identifier: Apache-2.0
/** What will be asked of the target that is chosen, where a recording of probes is made again. */
import { displayName } from '../app/format.ts';
import { useApp } from '../app/store.ts';

export function Repeated() {
  const repeated = useApp((state) => state.repeated);
  const isAsked = useApp((state) => state.screen === 'functions');
  if (!isAsked || repeated.length === 0) return null;
  return (
    <p className="picker-hint" role="note">
      Attached to it as before: {repeated.map(({ name }) => displayName(name, 60)).join(', ')}
    </p>
  );
}
