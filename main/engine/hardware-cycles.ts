// SPDX-License-Identifier: Apache-2.0
/** Does the kernel know a processor's own counters? Virtual machines often have none. */
import { readdirSync } from 'node:fs';

/** x86 ("cpu", "cpu_core" on hybrids) and Arm ("armv8_pmuv3_0", "armv8_cortex_a76"…). */
const PROCESSOR_PMU = /^(cpu|cpu_core|armv\d.*)$/;

/** Names come from /sys/bus/event_source/devices. */
export function hasHardwareCycles(folder = '/sys/bus/event_source/devices'): boolean {
  try {
    return readdirSync(folder).some((name) => PROCESSOR_PMU.test(name));
  } catch {
    return false;
  }
}
