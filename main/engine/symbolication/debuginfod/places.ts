// SPDX-License-Identifier: Apache-2.0
/** Where debuginfod's clients look and keep: its environment variables (debuginfod_find_debuginfo(3), debuginfod-find(1)). */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Shared with other clients: <build id>/debuginfo. */
export function debuginfodCache(environment: Environment = process.env): string {
  const asked = environment.DEBUGINFOD_CACHE_PATH;
  if (asked && isAbsolute(asked)) return asked;
  const base = environment.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(environment.HOME || homedir(), '.cache'), 'debuginfod_client');
}

/** The servers of DEBUGINFOD_URLS, in its order; what is no address of a web server is left out. */
export function debuginfodServers(environment: Environment = process.env): URL[] {
  const servers = (environment.DEBUGINFOD_URLS ?? '').split(/\s+/).map((each) => (URL.canParse(each) ? new URL(each) : null));
  return servers.filter((each) => each !== null && (each.protocol === 'http:' || each.protocol === 'https:')) as URL[];
}

const DEFAULT_TIMEOUT_SECONDS = 90;

/** Milliseconds in which a server must answer, and then send another piece. */
export function debuginfodTimeout(environment: Environment = process.env): number {
  const seconds = Number(environment.DEBUGINFOD_TIMEOUT);
  return 1000 * (Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3600) : DEFAULT_TIMEOUT_SECONDS);
}
