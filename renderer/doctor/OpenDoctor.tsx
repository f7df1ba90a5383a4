// SPDX-License-Identifier: Apache-2.0
/** Leads to the Doctor from whatever does not work. */
import { Stethoscope } from 'lucide-react';
import { useSession } from '../app/session-context.ts';

export function OpenDoctor({ isPlain = false }: { isPlain?: boolean }) {
  const session = useSession();
  return (
    <button className={isPlain ? 'plain open-doctor' : ''} onClick={() => session.store.setState({ screen: 'doctor', dialog: null })}>
      <Stethoscope size={14} /> Ask the Doctor
    </button>
  );
}
