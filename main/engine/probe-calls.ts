// SPDX-License-Identifier: Apache-2.0
/** What a window may ask about single functions. */
import type { FunctionList, FunctionQuery, ReadyQuestion } from '../../ipc/contract.ts';
import type { Engine } from './engine.ts';
import { readyQuestions } from './functions/ready-questions.ts';

export class ProbeCalls {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  functions(query: FunctionQuery): Promise<FunctionList> {
    return this.#engine.catalogue.list(query);
  }

  readyQuestions(): ReadyQuestion[] {
    return readyQuestions();
  }
}
