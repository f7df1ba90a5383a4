// SPDX-License-Identifier: Apache-2.0
/** The loopback server: the window's files, and a WebSocket to the engine. admission.ts says who may. */
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { pageHeaders } from '../../ipc/page-policy.ts';
import { Doorkeeper } from './admission.ts';
import { readPageFile } from './page-files.ts';

/** An upload's piece is at most 4 MiB (ipc/contract.ts), plus its envelope. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

export interface ShellServer {
  /** "http://127.0.0.1:port" */
  readonly origin: string;
  /** A new address that opens the window once. A secret: never to be put on a command line. */
  oneTimeAddress(): string;
  close(): Promise<void>;
}

export interface ShellServerOptions {
  /** Folder of index.html. */
  renderer: string;
  /** A window has connected to the engine. */
  onWindow: (socket: WebSocket) => void;
}

function securityHeaders(host: string): Record<string, string> {
  return {
    ...pageHeaders([`ws://${host}`]),
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
    'cache-control': 'no-store',
  };
}

/**
 * The first page: a redirect would be followed as part of the cross-site opening, without the Strict cookie.
 * Without an icon of its own the browser asks for /favicon.ico, before the cookie lets it have anything.
 */
const BOOT_PAGE =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><link rel="icon" href="data:,"><title>Emberscope</title>\n';

export async function startShellServer({ renderer, onWindow }: ShellServerOptions): Promise<ShellServer> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16_384 });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const doorkeeper = new Doorkeeper((server.address() as AddressInfo).port);
  const headers = securityHeaders(doorkeeper.host);

  function send(response: ServerResponse, status: number, contentType: string, content: string | Buffer): void {
    response.writeHead(status, {
      ...headers,
      'content-type': contentType,
      'content-length': Buffer.byteLength(content),
    });
    response.end(response.req.method === 'HEAD' ? undefined : content);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const admission = doorkeeper.admit(request);
    switch (admission.kind) {
      case 'refused':
        if (admission.status === 405) response.setHeader('allow', 'GET, HEAD');
        // A connection whose request was not read to its end is of no more use.
        response.setHeader('connection', 'close');
        return send(
          response,
          admission.status,
          'text/plain; charset=utf-8',
          `${admission.reason}\nStart Emberscope again and use the address it prints.\n`,
        );
      case 'boot':
        response.setHeader('set-cookie', doorkeeper.setCookie());
        return send(response, 200, 'text/html; charset=utf-8', BOOT_PAGE);
      case 'page': {
        const path = new URL(request.url!, doorkeeper.origin).pathname;
        const file = await readPageFile(renderer, path);
        if (!file) return send(response, 404, 'text/plain; charset=utf-8', 'No such file.\n');
        return send(response, 200, file.contentType, file.content);
      }
      default:
        return admission satisfies never;
    }
  }

  server.on('request', (request, response) => {
    answer(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, 'text/plain; charset=utf-8', `The file could not be read: ${error.message}\n`);
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal = doorkeeper.admitUpgrade(request);
    if (refusal) {
      socket.end(
        `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, onWindow);
  });

  return {
    origin: doorkeeper.origin,
    oneTimeAddress: () => `${doorkeeper.origin}/boot?t=${doorkeeper.issueToken()}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
