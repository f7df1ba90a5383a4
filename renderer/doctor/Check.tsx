// SPDX-License-Identifier: Apache-2.0
/** One thing that this computer can do, or why not, and what to do. */
import { CircleCheck, CircleHelp, CircleX, Copy, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { DoctorCheck } from '../../ipc/contract.ts';
import { copyText } from '../app/clipboard.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { commandIn, remedyPieces, stateWords } from './findings.ts';

const icons: Record<DoctorCheck['state'], LucideIcon> = {
  available: CircleCheck,
  limited: TriangleAlert,
  unavailable: CircleX,
  unknown: CircleHelp,
};

export function Check({ check: { name, title, state, detail, remedy, use } }: { check: DoctorCheck }) {
  const session = useSession();
  const Icon = icons[state];
  const command = commandIn(remedy);
  return (
    <li className={`check ${state}`} data-check={name}>
      <Icon size={17} aria-hidden />
      <span className="check-state">{stateWords[state]}</span>
      <div>
        <strong>{displayName(title, 200)}</strong>
        <p>{displayName(detail, 1200)}</p>
        {remedy !== '' && (
          <div className="remedy">
            <p>
              {remedyPieces(remedy).map(({ text, isCommand }, index) =>
                isCommand ? <code key={index}>{displayName(text, 400)}</code> : <span key={index}>{displayName(text, 600)}</span>,
              )}
            </p>
            {command !== null && (
              <button aria-label={`Copy the command for: ${title}`} onClick={() => void copyText(session.store, command, 'the command')}>
                <Copy size={13} /> Copy
              </button>
            )}
          </div>
        )}
        <p className="check-use">{displayName(use, 300)}</p>
      </div>
    </li>
  );
}
