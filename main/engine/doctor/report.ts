// SPDX-License-Identifier: Apache-2.0
/** From what is known of a computer to what it can do, and what to do about the rest. No input or output. */
import type { DoctorReport } from '../../../ipc/contract.ts';
import { computerChecks } from './computer-checks.ts';
import type { Machine } from './machine.ts';
import { nameChecks } from './name-checks.ts';
import { permissionChecks } from './permission-checks.ts';
import { samplingChecks } from './sampling-checks.ts';
import { tracingChecks } from './tracing-checks.ts';

export function reportOn(machine: Machine): DoctorReport {
  return {
    kernel: machine.release,
    checks: [...samplingChecks(machine), ...tracingChecks(machine), ...permissionChecks(machine), ...nameChecks(machine), ...computerChecks(machine)],
  };
}
