// SPDX-License-Identifier: Apache-2.0
/** Compression by what browsers' workers and Node.js both have: the Compression Streams standard. */
async function through(stream: { readable: ReadableStream; writable: WritableStream }, pieces: Iterable<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const result = new Response(stream.readable).arrayBuffer();
  const writer = stream.writable.getWriter();
  for (const piece of pieces) await writer.write(piece);
  await writer.close();
  return new Uint8Array(await result);
}

export function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return through(new CompressionStream('gzip'), [bytes]);
}

/** Of zlib's format. */
export function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return through(new DecompressionStream('deflate'), [bytes]);
}

/** zlib's format, as in PNG. */
export function deflate(pieces: Iterable<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  return through(new CompressionStream('deflate'), pieces);
}
