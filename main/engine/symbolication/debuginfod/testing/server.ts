// SPDX-License-Identifier: Apache-2.0
/** A debuginfod server on this machine, for tests. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer {
  url: URL;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
}

export async function startServer(handler: Handler): Promise<TestServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    handler(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(() => closed()));
  };
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked, close };
}

/** By build id. */
export function serving(files: Readonly<Record<string, Uint8Array>>): Handler {
  return (request, response) => {
    const file = files[/^\/buildid\/([0-9a-f]+)\/debuginfo$/.exec(request.url!)?.[1] ?? ''];
    if (!file) return response.writeHead(404).end('not found');
    return response.writeHead(200, { 'content-length': file.length }).end(file);
  };
}
