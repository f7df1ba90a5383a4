// SPDX-License-Identifier: Apache-2.0
/** One debug file from one debuginfod server into the cache. Protocol: GET SERVER/buildid/BUILDID/debuginfo. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

export interface DownloadLimits {
  /** Of a file. */
  maxBytes: number;
  /** Milliseconds until the answer begins, and in which MIN_BYTES must come from then on. */
  timeoutMs: number;
}

const MAX_REDIRECTS = 5;
/** Debuginfod's own clients, too, give up on a server that sends less than so many bytes within its time. */
const MIN_BYTES = 100_000;
/** What is not a file of this computer's architecture is short: an error page. */
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');

/** A sentence that names the server. */
export class DownloadFailed extends Error {}

export interface DownloadRequest {
  server: URL;
  /** Hexadecimal. */
  buildId: string;
  /** The cache: the file becomes <folder>/<build id>/debuginfo. */
  folder: string;
  limits: DownloadLimits;
  signal: AbortSignal;
  /** @param total null: not said */
  onProgress: (bytes: number, total: number | null) => void;
  /** Whether it is what it should be. @throws Error with a sentence */
  verify: (path: string) => Promise<void>;
}

/**
 * @returns the path, null: the server does not have it
 * @throws DownloadFailed; the signal's reason. Nothing is left then.
 */
export async function downloadDebugFile(request: DownloadRequest): Promise<string | null> {
  const { server, buildId, folder, signal, verify } = request;
  if (!/^[0-9a-f]{8,64}$/.test(buildId)) throw new DownloadFailed(`"${buildId}" is no build id that a server could be asked for.`);
  const patience = new Patience(request.limits.timeoutMs);
  const ending = AbortSignal.any([signal, patience.signal]);
  const path = join(folder, buildId, 'debuginfo');
  const temporary = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    const response = await ask(server, buildId, ending);
    if (!response) return null;
    await mkdir(join(folder, buildId), { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await save(response, file, request, patience);
    } finally {
      await file.close();
    }
    await verify(temporary).catch((error: unknown) => {
      throw new DownloadFailed(`${server.host} sent another file than was asked for: ${(error as Error).message}`);
    });
    signal.throwIfAborted();
    await rename(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    signal.throwIfAborted();
    if (patience.signal.aborted) throw new DownloadFailed(`${server.host} sent too little within ${Math.round(request.limits.timeoutMs / 1000)} seconds.`);
    throw error instanceof DownloadFailed ? error : new DownloadFailed(sentence(server, error));
  } finally {
    patience.end();
  }
}

/** null: not found. */
async function ask(server: URL, buildId: string, signal: AbortSignal): Promise<Response | null> {
  let url = new URL(server.href.endsWith('/') ? server.href : `${server.href}/`);
  url = new URL(`buildid/${buildId}/debuginfo`, url);
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url, { signal, redirect: 'manual', headers: { 'user-agent': 'emberscope' } });
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) return null;
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) throw new DownloadFailed(`${server.host} answered with status ${response.status}.`);
    if (redirects === MAX_REDIRECTS) throw new DownloadFailed(`${server.host} sends from address to address without end.`);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    const isWeb = next?.protocol === 'https:' || (next?.protocol === 'http:' && url.protocol === 'http:');
    if (!next || !isWeb) throw new DownloadFailed(`${server.host} sends to an address that is not followed.`);
    url = next;
  }
}

async function save(response: Response, file: FileHandle, request: DownloadRequest, patience: Patience): Promise<void> {
  const { server, limits, onProgress } = request;
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  // Of a compressed answer the length is not that of the file.
  const total = Number.isFinite(announced) && !response.headers.has('content-encoding') ? announced : null;
  if (total !== null && total > limits.maxBytes) throw tooLarge(server, limits);
  let bytes = 0;
  onProgress(0, total);
  for await (const chunk of response.body ?? []) {
    const piece = chunk as Uint8Array;
    if (bytes === 0 && !ELF_MAGIC.subarray(0, piece.length).equals(piece.subarray(0, ELF_MAGIC.length))) {
      throw new DownloadFailed(`${server.host} sent something that is no debug file.`);
    }
    bytes += piece.length;
    if (bytes > limits.maxBytes) throw tooLarge(server, limits);
    await file.appendFile(piece);
    patience.came(piece.length);
    onProgress(bytes, total);
  }
  if (bytes === 0 || (total !== null && bytes !== total)) throw new DownloadFailed(`${server.host} sent only ${bytes} of ${total ?? 'its'} bytes.`);
  await file.sync();
}

function tooLarge(server: URL, { maxBytes }: DownloadLimits): DownloadFailed {
  return new DownloadFailed(`${server.host} has a debug file of more than ${Math.round(maxBytes / 2 ** 20)} MiB, which is not taken.`);
}

function sentence(server: URL, error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'The disk is full, so the debug file was not kept.';
  if (code !== undefined && typeof code === 'string' && code.startsWith('E')) return `The debug file could not be written (${code}).`;
  return `${server.host} could not be asked: ${cause?.code ?? cause?.message ?? message}.`;
}

/** Aborts when too little comes. */
class Patience {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(timeoutMs: number) {
    this.#timer = setInterval(() => {
      if (this.#bytes < MIN_BYTES) this.#controller.abort();
      this.#bytes = 0;
    }, timeoutMs).unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  came(bytes: number): void {
    this.#bytes += bytes;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
