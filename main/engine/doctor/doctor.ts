// SPDX-License-Identifier: Apache-2.0
/** Looks at this computer, asks a helper where that needs no password, and reports. */
import { release } from 'node:os';
import type { DoctorReport, Failure, HelperStatus } from '../../../ipc/contract.ts';
import { failureOf } from '../failures.ts';
import { hasHardwareCycles } from '../hardware-cycles.ts';
import type { HelperMode } from '../helper-process.ts';
import type { HelperSession } from '../helper-session.ts';
import { places } from '../places.ts';
import { debuginfodServers } from '../symbolication/debuginfod/places.ts';
import { symbolReaderProblem } from '../symbolication/object-report.ts';
import { Feature } from '../wire-layout.gen.ts';
import { askForCapabilities } from './attempts.ts';
import { kernelFacts } from './kernel-settings.ts';
import type { Machine } from './machine.ts';
import { reportOn } from './report.ts';
import { hasPkexec, installedActions, isAuthorised, isInFirstPidNamespace, ownContainer, runningAgent } from './surroundings.ts';
import { lookAtTarget } from './target-files.ts';

export interface Examination {
  /** Whose debug files are looked for; null: nobody's. */
  tgid: number | null;
  helper: HelperStatus;
  /** Starts one and waits for its hello. @throws FailureError */
  openHelper: (mode: HelperMode) => Promise<HelperSession>;
  shell: Machine['shell'];
  shellReason: string;
  debugFolders?: readonly string[] | undefined;
}

export async function examine(examination: Examination): Promise<DoctorReport> {
  const { tgid, helper, shell, shellReason, debugFolders } = examination;
  const { version, installedHelper, helper: ownHelper } = places();
  const [tried, target] = await Promise.all([tryThings(examination), tgid === null ? null : lookAtTarget(tgid, debugFolders)]);
  const { release: triedRelease, ...attempts } = tried;
  const kernel = triedRelease || release();
  return reportOn({
    release: kernel,
    ...kernelFacts(kernel),
    hardwareCycles: hasHardwareCycles(),
    container: ownContainer(),
    seesAll: isInFirstPidNamespace(),
    helper,
    helperPath: helper.kind === 'direct' ? (ownHelper ?? installedHelper) : installedHelper,
    version,
    pkexec: hasPkexec(),
    actions: installedActions(),
    agent: runningAgent(),
    ...attempts,
    node: process.versions.node,
    electron: process.versions['electron'] ?? null,
    shell,
    shellReason,
    symbolReader: symbolReaderProblem(),
    debuginfodServers: debuginfodServers().map(({ host }) => host),
    target,
  });
}

type Tried = Pick<Machine, 'attempts' | 'whyNotAsked' | 'helperFailure'> & {
  /** Of the kernel on which the helper runs; empty: none was asked. */
  release: string;
};

const notAsked = (why: string, helperFailure: Failure | null = null): Tried => ({ attempts: null, whyNotAsked: why, helperFailure, release: '' });

/** Never brings up a dialog: somebody who looks at a list did not ask for one. */
async function tryThings({ helper, openHelper }: Examination): Promise<Tried> {
  if (helper.kind === 'missing' || helper.kind === 'wrongVersion') return notAsked(helper.kind === 'missing' ? 'it is not installed' : 'it is of another version');
  if (helper.kind === 'pkexec' && !hasPkexec()) return notAsked('pkexec is not installed');
  if (helper.kind === 'pkexec' && !(await isAuthorised('profile'))) return notAsked('that would ask for a password');
  try {
    // The one that traces knows more: it keeps what tracing takes.
    const session = await openHelper(helper.kind === 'direct' ? 'trace' : 'profile');
    const mode = session.hello.features & Feature.trace ? 'trace' : 'profile';
    const { release: kernel } = session.hello;
    return { attempts: { mode, capabilities: await askForCapabilities(session) }, whyNotAsked: '', helperFailure: null, release: kernel };
  } catch (error) {
    const failure = failureOf(error);
    return notAsked(`it did not start: ${failure.message.replace(/\.$/, '')}`, failure);
  }
}
