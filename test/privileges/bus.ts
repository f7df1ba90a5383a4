// SPDX-License-Identifier: Apache-2.0
/**
 * As much of D-Bus as an authentication agent needs: method calls with strings, and answering by an error.
 * Format: the D-Bus Specification, "Message Protocol". Little endian throughout.
 */
import { connect, type Socket } from 'node:net';

const BUS = '/run/dbus/system_bus_socket';

const CALL = 1;
const RETURN = 2;
const ERROR = 3;

const FIELD = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  destination: 6,
  sender: 7,
  signature: 8,
} as const;

/** Appends values at their alignment. */
class Writer {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
    return this;
  }

  byte(value: number): this {
    this.#bytes.push(value);
    return this;
  }

  integer(value: number | bigint, size: 4 | 8): this {
    this.align(size);
    for (let i = 0n, rest = BigInt(value); i < size; i++, rest >>= 8n) this.#bytes.push(Number(rest & 0xffn));
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text);
    this.integer(bytes.length, 4);
    this.#bytes.push(...bytes, 0);
    return this;
  }

  signature(text: string): this {
    this.#bytes.push(text.length, ...Buffer.from(text), 0);
    return this;
  }

  /** An array of 8-aligned elements: its length in bytes leaves out the padding before the first. */
  array(write: (writer: this) => void): this {
    this.integer(0, 4);
    const lengthAt = this.#bytes.length - 4;
    this.align(8);
    const start = this.#bytes.length;
    write(this);
    const length = this.#bytes.length - start;
    for (let i = 0; i < 4; i++) this.#bytes[lengthAt + i] = (length >> (8 * i)) & 0xff;
    return this;
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

export interface Message {
  readonly type: number;
  readonly serial: number;
  readonly member: string | undefined;
  readonly sender: string | undefined;
  readonly errorName: string | undefined;
  readonly replySerial: number | undefined;
  readonly body: Buffer;
}

/** The length of the message at the start of `bytes`; undefined: not all of it is there. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < 16) return undefined;
  const fields = bytes.readUInt32LE(12);
  const length = ((16 + fields + 7) & ~7) + bytes.readUInt32LE(4);
  return bytes.length < length ? undefined : length;
}

function parse(bytes: Buffer): Message {
  const found = new Map<number, string | number>();
  const end = 16 + bytes.readUInt32LE(12);
  for (let at = 16; at < end;) {
    at = (at + 7) & ~7;
    const code = bytes.readUInt8(at);
    const type = String.fromCharCode(bytes.readUInt8(at + 2));
    at += 4; // code, and the signature of one letter
    if (type === 'g') {
      const length = bytes.readUInt8(at);
      at += length + 2;
    } else {
      const value = bytes.readUInt32LE(at);
      at += 4;
      if (type === 'u') found.set(code, value);
      else {
        found.set(code, bytes.toString('utf8', at, at + value));
        at += value + 1;
      }
    }
  }
  const text = (code: number): string | undefined => found.get(code) as string | undefined;
  return {
    type: bytes.readUInt8(1),
    serial: bytes.readUInt32LE(8),
    member: text(FIELD.member),
    sender: text(FIELD.sender),
    errorName: text(FIELD.errorName),
    replySerial: found.get(FIELD.replySerial) as number | undefined,
    body: bytes.subarray((end + 7) & ~7),
  };
}

export class Bus {
  readonly #socket: Socket;
  #serial = 0;
  #received = Buffer.alloc(0);
  #waiting = new Map<number, (message: Message) => void>();
  /** Calls from others. */
  onCall: (message: Message) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Joins the system bus; the bus sees the user that this process is at this moment. */
  static async join(uid: number): Promise<Bus> {
    const own = process.geteuid?.() ?? 0;
    // libuv's connect() may come at once or on a later turn: be that user until it is made.
    process.seteuid?.(uid);
    const socket = connect(BUS);
    try {
      await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    } finally {
      process.seteuid?.(own);
    }
    const bus = new Bus(socket);
    await bus.#authenticate(uid);
    socket.on('data', (chunk: Buffer) => bus.#receive(chunk));
    await bus.call('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello', '');
    return bus;
  }

  async #authenticate(uid: number): Promise<void> {
    this.#socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\n`);
    const answer = await new Promise<string>((resolve, reject) => {
      this.#socket.once('data', (chunk: Buffer) => resolve(chunk.toString())).once('error', reject);
    });
    if (!answer.startsWith('OK ')) throw new Error(`the system bus refused uid ${uid}: ${answer.trim()}`);
    this.#socket.write('BEGIN\r\n');
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let length = messageLength(this.#received); length !== undefined; length = messageLength(this.#received)) {
      const message = parse(this.#received.subarray(0, length));
      this.#received = this.#received.subarray(length);
      if (message.type === CALL) this.onCall(message);
      else if (message.replySerial !== undefined) this.#waiting.get(message.replySerial)?.(message);
    }
  }

  #send(type: number, fields: (writer: Writer) => void, body: Buffer): number {
    const serial = ++this.#serial;
    const header = new Writer().byte(0x6c).byte(type).byte(0).byte(1).integer(body.length, 4).integer(serial, 4);
    this.#socket.write(Buffer.concat([header.array(fields).align(8).toBuffer(), body]));
    return serial;
  }

  /** @throws the error's name */
  async call(
    destination: string,
    path: string,
    from: string,
    member: string,
    signature: string,
    write: (writer: Writer) => void = () => undefined,
  ): Promise<Buffer> {
    const body = new Writer();
    write(body);
    const field = (writer: Writer, code: number, type: string, text: string): void =>
      void writer.align(8).byte(code).signature(type).string(text);
    const serial = this.#send(
      CALL,
      (writer) => {
        field(writer, FIELD.path, 'o', path);
        field(writer, FIELD.interface, 's', from);
        field(writer, FIELD.member, 's', member);
        field(writer, FIELD.destination, 's', destination);
        if (signature !== '') writer.align(8).byte(FIELD.signature).signature('g').signature(signature);
      },
      body.toBuffer(),
    );
    const reply = await new Promise<Message>((resolve) => this.#waiting.set(serial, resolve));
    if (reply.type !== RETURN) throw new Error(`${member}: ${reply.errorName ?? 'no reply'}: ${reply.body.toString()}`);
    return reply.body;
  }

  fail(call: Message, errorName: string): void {
    this.#send(
      ERROR,
      (writer) => {
        writer.align(8).byte(FIELD.errorName).signature('s').string(errorName);
        writer.align(8).byte(FIELD.replySerial).signature('u').integer(call.serial, 4);
        writer
          .align(8)
          .byte(FIELD.destination)
          .signature('s')
          .string(call.sender ?? '');
      },
      Buffer.alloc(0),
    );
  }

  async hasOwner(name: string): Promise<boolean> {
    const reply = await this.call(
      'org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus',
      'NameHasOwner',
      's',
      (body) => body.string(name),
    );
    return reply.readUInt32LE(0) === 1;
  }

  leave(): void {
    this.#socket.destroy();
  }
}
