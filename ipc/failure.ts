// SPDX-License-Identifier: Apache-2.0
import type { Failure } from './contract.ts';

/** A `Failure` that can be thrown: by a handler to refuse a call, and by `EngineClient.call` when it was refused. */
export class FailureError extends Error implements Failure {
  override readonly name = 'FailureError';
  readonly code: string;
  readonly remedy: string;

  constructor(failure: Failure) {
    super(failure.message);
    this.code = failure.code;
    this.remedy = failure.remedy;
  }

  /** Plain JSON for a message. */
  toJSON(): Failure {
    return { code: this.code, message: this.message, remedy: this.remedy };
  }
}

/** Anything thrown that carries code, message and remedy as texts: a plain `Failure` or an error of the thrower's own. */
export function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, remedy } = value as Partial<Record<keyof Failure, unknown>>;
  return typeof code === 'string' && typeof message === 'string' && typeof remedy === 'string';
}

/** What the other side is told of something thrown: failures as they are, anything else without its details. */
export function failureOf(thrown: unknown, doing: string): Failure {
  if (isFailure(thrown)) return { code: thrown.code, message: thrown.message, remedy: thrown.remedy };
  return {
    code: 'internal',
    message: `Emberscope made a mistake of its own while it was asked to ${doing}.`,
    remedy: 'Try again; if it comes back, please report it with the output of the terminal.',
  };
}
