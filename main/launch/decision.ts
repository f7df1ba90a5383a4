// SPDX-License-Identifier: Apache-2.0
/** Which shell holds the window, and why. Every fact comes from outside, so that each case can be tested. */
import type { Browser } from '../chromium-shell/browsers.ts';

export type ShellName = 'electron' | 'chromium' | 'none';
export const shellNames: readonly ShellName[] = ['electron', 'chromium', 'none'];

export interface Surroundings {
  /** What --shell asked for. */
  asked: ShellName | null;
  /** An X11 or Wayland display. */
  display: boolean;
  /** Running under continuous integration: nothing is downloaded unasked. */
  automated: boolean;
  browsers: () => Browser[];
  /** The package's version; null: the package is not installed. */
  electronVersion: string | null;
  /** Path of the executable, if it is there and whole. */
  electronBinary: () => string | null;
  sandboxObstacle: (binary: string) => string | null;
  uid: number;
  /** Tries to have the binary; null: it is there now, else why not, as a sentence. `insist`: whatever is remembered. */
  fetchElectron: (insist: boolean) => Promise<string | null>;
}

export type Decision =
  | { shell: 'electron'; binary: string }
  | { shell: 'chromium'; browser: Browser; reason: string }
  /** The address is printed. */
  | { shell: 'none'; reason: string }
  /** What was asked for cannot be had. */
  | { shell: null; reason: string };

/** @returns the binary, or why Electron is not used */
async function haveElectron(around: Surroundings): Promise<{ binary: string } | { reason: string }> {
  const insist = around.asked === 'electron';
  if (around.electronVersion === null) return { reason: 'The electron package is not installed.' };
  let binary = around.electronBinary();
  if (!binary) {
    if (around.automated && !insist)
      return { reason: "Electron's binary is not here, and nothing is downloaded under CI." };
    const failure = await around.fetchElectron(insist);
    if (failure) return { reason: failure };
    binary = around.electronBinary();
    if (!binary) return { reason: "Electron's installer ended without its binary." };
  }
  // As root there is no sandbox in any case.
  const obstacle = around.uid === 0 ? null : around.sandboxObstacle(binary);
  if (obstacle && !insist) return { reason: `${obstacle.charAt(0).toUpperCase()}${obstacle.slice(1)}.` };
  return { binary };
}

const NO_DISPLAY = 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can be opened.';

export async function decide(around: Surroundings): Promise<Decision> {
  if (around.asked === 'none') return { shell: 'none', reason: 'As asked, no window is opened.' };
  if (!around.display) {
    return around.asked === null
      ? { shell: 'none', reason: NO_DISPLAY }
      : { shell: null, reason: `${NO_DISPLAY} Use --shell none.` };
  }
  let reason = 'As asked, in a browser.';
  if (around.asked !== 'chromium') {
    const electron = await haveElectron(around);
    if ('binary' in electron) return { shell: 'electron', binary: electron.binary };
    if (around.asked === 'electron') return { shell: null, reason: electron.reason };
    reason = electron.reason;
  }
  const browser = around.browsers()[0];
  if (browser) return { shell: 'chromium', browser, reason };
  const missing = 'No Chromium, Chrome, Brave, Edge or Vivaldi is installed either.';
  const remedy = 'Install one (Debian: sudo apt install chromium) to get a window.';
  if (around.asked === 'chromium') return { shell: null, reason: `No Chromium-like browser is installed. ${remedy}` };
  return { shell: 'none', reason: `${reason} ${missing} ${remedy}` };
}
