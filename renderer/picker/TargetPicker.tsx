// SPDX-License-Identifier: Apache-2.0
/** The first thing a user sees: what to profile. */
import { Box, Cpu, FlaskConical, Terminal } from 'lucide-react';
import { useEffect } from 'react';
import { FailureNote } from '../app/Notices.tsx';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { HelperBanner, canSample } from './HelperBanner.tsx';
import { OpenFile } from './OpenFile.tsx';
import { ProcessList } from './ProcessList.tsx';
import { Repeated } from './Repeated.tsx';
import { SamplingForm } from './SamplingForm.tsx';
import './picker.css';

export function TargetPicker() {
  const session = useSession();
  const engine = useApp((state) => state.engine);
  const busy = useApp((state) => state.busy);
  const failure = useApp((state) => state.failure);
  const connected = useApp((state) => state.connection.kind === 'connected');
  const sampling = useApp((state) => state.screen !== 'functions');

  useEffect(() => {
    if (!connected) return;
    void session.attempt(() => session.engine.call('watchProcesses', true));
    return () => void session.engine.call('watchProcesses', false).catch(() => undefined);
  }, [session, connected]);

  const own = engine?.cgroup ?? '';
  const obstacle = own === '' ? 'This computer has no cgroups of version 2.' : own === '/' ? 'Emberscope is in no container of its own: the root of the cgroups is the whole system.' : '';
  const ready = busy === null && canSample(engine?.helper);
  return (
    <div className="picker">
      <HelperBanner />
      {failure !== null && <FailureNote failure={failure} close={() => session.store.setState({ failure: null })} />}
      <div className="picker-ways">
        <button disabled={!ready} onClick={() => session.store.setState({ dialog: 'launch' })}>
          <Terminal size={15} /> Launch a command…
        </button>
        <button disabled={!ready} onClick={() => void session.begin({ kind: 'system' }, 'Whole system')}>
          <Cpu size={15} /> Whole system
        </button>
        <button disabled={!ready || obstacle !== ''} title={obstacle || 'The processes that are in the cgroup of Emberscope or come to be, and their children'} onClick={() => void session.begin({ kind: 'cgroup', folder: own }, 'This container')}>
          <Box size={15} /> This container
        </button>
        <button disabled={!ready} onClick={() => void session.begin({ kind: 'demo' }, 'Demo program')}>
          <FlaskConical size={15} /> Try it on a demo program
        </button>
        <span className="grow" />
        <OpenFile title="Open a recording…" />
      </div>
      {sampling && <SamplingForm />}
      <Repeated />
      <ProcessList ready={ready} />
      <p className="picker-foot" role="status">
        {busy ?? 'Enter starts. A saved recording can also be dropped anywhere on the window.'}
      </p>
    </div>
  );
}
