// SPDX-License-Identifier: Apache-2.0
/** The rows of the matrix, in the order in which a guest is asked. */
import { cloneEvents } from './clone-events.ts';
import { doctorFeature } from './doctor.ts';
import type { Feature } from './feature.ts';
import { joining } from './joining.ts';
import { limitFeatures, lockdownFeatures } from './limits.ts';
import { probingFeatures } from './probing.ts';
import { samplingFeatures } from './sampling.ts';
import { waitingFeatures } from './waiting.ts';

export const FEATURES: readonly Feature[] = [...samplingFeatures, ...waitingFeatures, joining, ...probingFeatures, cloneEvents, doctorFeature(''), ...limitFeatures, ...lockdownFeatures];
