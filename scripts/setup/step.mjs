// SPDX-License-Identifier: Apache-2.0
// One step of the set-up: it runs, or fails by name with what to do.
import { spawnSync } from 'node:child_process';

/** A failure that a person can act on: the step, the command, what it said, what to do. */
export class SetupError extends Error {
  /** @param {string} step @param {string} command @param {string} said @param {string} remedy */
  constructor(step, command, said, remedy) {
    super(`Set-up stopped at "${step}".\n  command: ${command}\n  ${said.trim()}\n  what to do: ${remedy}`);
  }
}

/** Runs a command; its output is shown as it comes, on standard error (standard output may be an export), or
 * with `quiet` only when it fails.
 * @param {string} step @param {string[]} command @param {string} remedy @param {{ quiet?: boolean }} [options] */
export function run(step, command, remedy, { quiet = false } = {}) {
  const [program = '', ...args] = command;
  const answer = spawnSync(program, args, { stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2], encoding: 'utf8', maxBuffer: 64 << 20 });
  if (answer.status === 0) return answer.stdout ?? '';
  const output = quiet ? `${answer.stdout ?? ''}${answer.stderr ?? ''}`.trim().split('\n').slice(-40).join('\n  ') : '';
  const how = answer.error ? answer.error.message : answer.signal ? `ended by ${answer.signal}` : `exit code ${answer.status}`;
  throw new SetupError(step, command.join(' '), output ? `${how}; it said:\n  ${output}` : how, remedy);
}
