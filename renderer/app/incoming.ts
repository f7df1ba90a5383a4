// SPDX-License-Identifier: Apache-2.0
/** What comes from the worker: pictures and figures of the flame graph that is shown, and events of the engine. */
import type { RecordingInfo } from '../../ipc/contract.ts';
import { hasCode } from '../flamegraph/geometry.ts';
import type { FromWorker, Picture } from '../worker/protocol.ts';
import { debugFilesResult } from './DebugFiles.tsx';
import type { Session } from './session.ts';
import { addToast, type AppState } from './store.ts';
import { flameOf } from './subject.ts';

/** What the session does about it itself. */
export interface Told {
  /** The transport is up. */
  begin(): void;
  /** A recording is not as it was. */
  update(info: RecordingInfo): void;
}

/** Puts a message where it belongs. */
export function receive(message: FromWorker, session: Session, told: Told): void {
  const recording = flameOf(session.store.getState());
  switch (message.type) {
    case 'connected':
      return told.begin();
    case 'disconnected':
      session.store.setState({ connection: { kind: 'disconnected', reason: message.reason } });
      return;
    case 'picture': {
      const { picture } = message;
      if (picture.recording !== recording?.id) return session.engine.drawn(picture.revision);
      session.store.setState((state) => changes(state, picture));
      session.feeds.picture.publish(picture);
      return;
    }
    case 'timeline':
      if (message.timeline.recording === recording?.id) session.feeds.timeline.publish(message.timeline);
      return;
    case 'threads':
      if (message.recording === recording?.id) session.store.setState({ threads: message.threads });
      return;
    case 'status':
      if (message.status.recording === recording?.id) session.store.setState({ status: message.status });
      return;
    case 'details':
      session.store.setState((state) => ({
        details: message.details?.node === state.navigation.selection ? message.details : null,
      }));
      return;
    case 'probePictures':
    case 'probeDetails':
    case 'events':
      return session.probes.receive(message);
    case 'comparison':
    case 'differencePictures':
    case 'latencies':
    case 'latencyPicture':
      return session.compare.receive(message);
    case 'event':
      return takeEvent(message.event, session, told);
    case 'answer':
    case 'refusal':
    case 'exported':
      return; // settled by Engine
    default:
      message satisfies never;
  }
}

function takeEvent(event: Extract<FromWorker, { type: 'event' }>['event'], session: Session, told: Told): void {
  switch (event.name) {
    case 'processes':
      session.store.getState().cpuHistory.add(event.payload.processes);
      session.store.setState({ processes: event.payload.processes });
      return;
    case 'recording':
      return told.update(event.payload.info);
    case 'failure': {
      const { id, failure } = event.payload;
      const { recording, probing } = session.store.getState();
      const of = id === null ? null : [recording, probing.recording].find((each) => each?.id === id);
      if (of === undefined) return;
      if (of?.state.kind === 'finished' && of.state.message === failure.message) return;
      addToast(session.store, { kind: 'failure', message: failure.message, detail: failure.remedy });
      return;
    }
    case 'debugFiles': {
      const { status } = event.payload;
      const before = session.store.getState().debugFiles;
      session.store.setState({ debugFiles: status });
      if (before?.state !== 'downloading' || status?.state !== 'done') return;
      addToast(session.store, { kind: status.failed > 0 ? 'failure' : 'done', ...debugFilesResult(status) });
      return;
    }
    case 'importing': {
      const { transfer } = session.store.getState();
      const { doneBytes, totalBytes } = event.payload;
      // It may have been cancelled meanwhile.
      if (transfer !== null) session.store.setState({ transfer: { ...transfer, doneBytes, totalBytes } });
      return;
    }
    case 'library':
      return session.library.told(event.payload);
    case 'probes':
      return session.probes.told(event.payload.id, event.payload.probes);
    default:
      event satisfies never;
  }
}

/** Only what differs, so that panels do not draw again for an equal path. */
function changes(state: AppState, next: Picture): Partial<AppState> {
  const stackless = next.rootTotal > 0 && !hasCode(next);
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return {
    ...(state.drawn ? {} : { drawn: true }),
    ...(state.blank === (next.rootTotal === 0) ? {} : { blank: next.rootTotal === 0 }),
    ...(state.stackless === stackless ? {} : { stackless }),
    ...(same(state.path, next.path) ? {} : { path: next.path }),
    ...(same(state.search, next.search) ? {} : { search: next.search }),
  };
}
