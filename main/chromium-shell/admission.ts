// SPDX-License-Identifier: Apache-2.0
/**
 * Who may talk to the loopback server. Any program of any user, and any page in any browser, can reach
 * 127.0.0.1, so every request must prove that it comes from the window that we opened.
 *
 * - Host must be exactly ours: a foreign name that resolves to 127.0.0.1 (DNS rebinding) is refused.
 * - A token, good once, opens /boot, which answers with a cookie; the cookie opens everything else.
 * - Origin, where one is sent, must be ours; a WebSocket upgrade must send it.
 * - Sec-Fetch-Site, where one is sent, must say that no other site is behind the request.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type Admission =
  | { kind: 'page' } // a file of the window
  | { kind: 'boot' } // the token was right, and is now used up: set the cookie
  | { kind: 'refused'; status: 400 | 401 | 403 | 404 | 405 | 421; reason: string };

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** 256 bits, as 43 characters that need no escape in an address or a cookie. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function refused(status: (Admission & { kind: 'refused' })['status'], reason: string): Admission {
  return { kind: 'refused', status, reason };
}

function cookieNamed(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals >= 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return null;
}

export class Doorkeeper {
  readonly host: string;
  readonly origin: string;
  readonly cookieName: string;
  #tokens: Buffer[] = [];
  readonly #cookie = newSecret();

  constructor(port: number) {
    this.host = `127.0.0.1:${port}`;
    this.origin = `http://${this.host}`;
    // Cookies do not tell ports apart, so that two windows need two names.
    this.cookieName = `emberscope-${port}`;
  }

  /** A fresh token; the earlier ones stay good until each has been used. */
  issueToken(): string {
    const token = newSecret();
    this.#tokens.push(digest(token));
    return token;
  }

  /** The value of Set-Cookie for a window that came with a good token. */
  setCookie(): string {
    return `${this.cookieName}=${this.#cookie}; Path=/; HttpOnly; SameSite=Strict`;
  }

  admit(request: IncomingMessage): Admission {
    const host = this.#wrongHost(request);
    if (host) return host;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refused(405, 'Only GET and HEAD are answered.');
    }
    const address = this.#address(request);
    if (!address) return refused(400, 'The address is malformed.');
    const site = request.headers['sec-fetch-site'];
    if (address.pathname === '/boot') {
      // It is opened from a file: page, hence cross-site; what proves the right is the token alone.
      if (request.method !== 'GET') return refused(405, 'A one-time address is opened with GET.');
      if (request.headers['sec-fetch-dest'] !== undefined && request.headers['sec-fetch-dest'] !== 'document') {
        return refused(403, 'A one-time address is opened as a page.');
      }
      return this.#useToken(address.searchParams.get('t') ?? '')
        ? { kind: 'boot' }
        : refused(403, 'This one-time address was used already, or was never given out.');
    }
    // "none": typed, bookmarked or reloaded by the user.
    const navigated = site === 'none' && request.headers['sec-fetch-mode'] === 'navigate';
    if (site !== undefined && site !== 'same-origin' && !navigated) {
      return refused(403, 'Another site is behind this request.');
    }
    const origin = request.headers.origin;
    if (origin !== undefined && origin !== this.origin) return refused(403, 'Another site is behind this request.');
    return this.#hasCookie(request)
      ? { kind: 'page' }
      : refused(401, 'This window was not opened with its one-time address.');
  }

  /** null: admitted. */
  admitUpgrade(request: IncomingMessage): (Admission & { kind: 'refused' }) | null {
    const host = this.#wrongHost(request);
    if (host) return host;
    if (request.method !== 'GET') return { kind: 'refused', status: 405, reason: 'An upgrade is a GET.' };
    if (request.url !== '/engine') return { kind: 'refused', status: 404, reason: 'The engine is at /engine.' };
    if (request.headers.origin !== this.origin) {
      return { kind: 'refused', status: 403, reason: 'Another site is behind this request.' };
    }
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin') {
      return { kind: 'refused', status: 403, reason: 'Another site is behind this request.' };
    }
    if (!this.#hasCookie(request)) {
      return { kind: 'refused', status: 401, reason: 'This window was not opened with its one-time address.' };
    }
    return null;
  }

  #wrongHost(request: IncomingMessage): (Admission & { kind: 'refused' }) | null {
    // Node joins repeated headers differently by name; a second Host must not slip past.
    const hosts = request.headersDistinct.host ?? [];
    if (hosts.length === 1 && hosts[0] === this.host) return null;
    return { kind: 'refused', status: 421, reason: `Only ${this.host} is served here.` };
  }

  #address(request: IncomingMessage): URL | null {
    // An absolute form ("GET http://elsewhere/") or "//elsewhere" would change the host of the result.
    if (!request.url?.startsWith('/') || request.url.startsWith('//')) return null;
    return URL.parse(request.url, this.origin);
  }

  #useToken(token: string): boolean {
    const given = digest(token);
    const index = this.#tokens.findIndex((expected) => timingSafeEqual(expected, given));
    if (index < 0) return false;
    this.#tokens.splice(index, 1);
    return true;
  }

  #hasCookie(request: IncomingMessage): boolean {
    const given = cookieNamed(request.headers.cookie, this.cookieName);
    return given !== null && timingSafeEqual(digest(given), digest(this.#cookie));
  }
}
