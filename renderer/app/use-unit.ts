// SPDX-License-Identifier: Apache-2.0
import { unitOf, type Unit } from '../../profile/questions.ts';
import { useApp } from './store.ts';
import { flameOf } from './subject.ts';

/** Of the weights of the flame graph that is shown. */
export function useUnit(): Unit {
  return useApp((state) => unitOf(flameOf(state)?.question ?? 'on-cpu'));
}
