// SPDX-License-Identifier: Apache-2.0
/** Says what keeps sampling from starting, with the command that mends it. */
import { Copy, TriangleAlert } from 'lucide-react';
import type { HelperStatus } from '../../ipc/contract.ts';
import { copyText } from '../app/clipboard.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { OpenDoctor } from '../doctor/OpenDoctor.tsx';
import '../parts/notice.css';
import './helper-banner.css';

export function canSample(helper: HelperStatus | undefined): boolean {
  return helper?.kind === 'direct' || helper?.kind === 'pkexec';
}

export function HelperBanner() {
  const session = useSession();
  const helper = useApp((state) => state.engine?.helper);
  if (helper === undefined || helper.kind === 'direct') return null;
  if (helper.kind === 'pkexec') {
    return <p className="picker-hint">The first start asks for your password: only the sampling helper runs with privileges.</p>;
  }
  const title =
    helper.kind === 'missing'
      ? 'The sampling helper is not installed'
      : `The installed sampling helper is version ${helper.installed}, which does not fit this Emberscope`;
  return (
    <section className="notice warn" role="alert">
      <TriangleAlert size={18} />
      <div>
        <strong>{title}</strong>
        <p>
          Reading stacks of other programs takes privileges, and only this small helper gets them. Run this once in a terminal,
          then start Emberscope again. Saved recordings open without it.
        </p>
        <div className="command">
          <code>{helper.command}</code>
          <button onClick={() => void copyText(session.store, helper.command, 'the command')}>
            <Copy size={13} /> Copy
          </button>
          <OpenDoctor />
        </div>
      </div>
    </section>
  );
}
