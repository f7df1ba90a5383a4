// SPDX-License-Identifier: Apache-2.0
/** Opens sessions with the helper, and remembers when the one that is installed is not of this version. */
import { statSync } from 'node:fs';
import type { Failure, HelperStatus } from '../../ipc/contract.ts';
import { FailureError, failureOf, helperFailures, INSTALL_COMMAND } from './failures.ts';
import { chooseHelper, describeExit, explainExit, helperStatus, startHelper, type HelperMode } from './helper-process.ts';
import { HelperSession } from './helper-session.ts';
import type { StreamExit } from './helper-stream.ts';
import { places } from './places.ts';
import type { EngineOptions } from './recording-api.ts';

/** A helper that is run directly says hello at once; a person who is asked for a password may take their time. */
const HELLO_TIMEOUT_MS = 10_000;

export class HelperStarter {
  readonly #elsewhere: EngineOptions['openStream'];
  /** What the last helper said it was, when it was not what we are; until another one is installed. */
  #wrongVersion: { version: string; build: string } | null = null;

  /** @param elsewhere opens a stream in place of a helper of this computer */
  constructor(elsewhere: EngineOptions['openStream']) {
    this.#elsewhere = elsewhere;
  }

  status(): HelperStatus {
    const status = helperStatus(chooseHelper());
    if (this.#wrongVersion?.build !== installedBuild() || status.kind === 'missing') return status;
    return { kind: 'wrongVersion', installed: this.#wrongVersion.version, command: INSTALL_COMMAND };
  }

  /** @throws FailureError */
  async open(mode: HelperMode): Promise<HelperSession> {
    if (this.#elsewhere) {
      const explain = (exit: StreamExit): Failure => helperFailures.notStarted(exit.stderr || describeExit(exit));
      return HelperSession.open(this.#elsewhere(mode), { version: places().version, helloTimeout: HELLO_TIMEOUT_MS, explain });
    }
    const choice = chooseHelper(mode);
    if (choice.kind === 'none') throw new FailureError(choice.failure);
    try {
      const session = await HelperSession.open(startHelper(choice), {
        version: places().version,
        helloTimeout: choice.kind === 'direct' ? HELLO_TIMEOUT_MS : 0,
        explain: (exit) => explainExit(choice, exit),
      });
      this.#wrongVersion = null;
      return session;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === 'helperWrongVersion') {
        this.#wrongVersion = { version: /version (\S+),/.exec(failure.message)?.[1] ?? 'unknown', build: installedBuild() };
      }
      throw error;
    }
  }
}

/** Changes when another helper is installed. */
function installedBuild(): string {
  const { helper, installedHelper } = places();
  return [helper, installedHelper].map((path) => (path ? (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) : 0)).join(' ');
}
