// SPDX-License-Identifier: Apache-2.0
/** A small client of the helper for tests: speaks wire.h, keeps every frame, and can say what no engine would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WireDecoder } from '../../main/engine/wire-decoder.ts';
import type { EndFrame, RefusedFrame, WireFrame } from '../../main/engine/wire-frames.ts';
import { StartFlag, WIRE_HEADER_SIZE, WIRE_STACK_DEPTH, wireHeader, wireStart, wireTarget, WireType } from '../../main/engine/wire-layout.gen.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const helperPath = `${root}build/native/emberscope-helper`;

export function programPath(name: string): string {
  return `${root}build/programs/${name}`;
}

/** Why the helper's tests cannot run here; null: they can. */
export function reasonToSkip(): string | null {
  if (process.getuid?.() !== 0) return 'sampling with real BPF needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  if (!existsSync(helperPath)) return 'the helper is not built: make -C native';
  if (!existsSync(programPath('demo'))) return 'the test programs are not built: make -C native programs';
  return null;
}

export interface StartOptions {
  frequency?: number;
  tgids?: number[];
  startTicks?: number;
  flags?: number;
  event?: number;
  stackDepth?: number;
  tableMebibytes?: number;
  leastWaitNs?: number;
  /** Number; 0: none. */
  cgroup?: bigint;
}

export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(WIRE_HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(wireHeader.length, payload.length, true);
  view.setUint16(wireHeader.type, type, true);
  bytes.set(payload, WIRE_HEADER_SIZE);
  return bytes;
}

export function encodeStart({ frequency = 99, tgids = [], startTicks = 0, flags = StartFlag.onCpu | StartFlag.children | StartFlag.kernelStacks, event = 0, stackDepth = WIRE_STACK_DEPTH, tableMebibytes = 0, leastWaitNs = 0, cgroup = 0n }: StartOptions): Uint8Array {
  const payload = new Uint8Array(wireStart.size + tgids.length * wireTarget.size);
  const view = new DataView(payload.buffer);
  view.setUint32(wireStart.frequency, frequency, true);
  view.setUint32(wireStart.flags, flags, true);
  view.setUint32(wireStart.event, event, true);
  view.setUint32(wireStart.targetCount, tgids.length, true);
  view.setUint32(wireStart.stackDepth, stackDepth, true);
  view.setUint32(wireStart.tableMebibytes, tableMebibytes, true);
  view.setBigUint64(wireStart.leastWaitNs, BigInt(leastWaitNs), true);
  view.setBigUint64(wireStart.cgroup, cgroup, true);
  tgids.forEach((tgid, index) => {
    view.setUint32(wireStart.size + index * wireTarget.size + wireTarget.tgid, tgid, true);
    view.setBigUint64(wireStart.size + index * wireTarget.size + wireTarget.startTicks, BigInt(startTicks), true);
  });
  return encodeFrame(WireType.start, payload);
}

export const systemFlags = StartFlag.onCpu | StartFlag.system | StartFlag.kernelStacks;

export interface HelperOptions {
  heartbeat?: boolean;
  path?: string;
  mode?: 'profile' | 'trace';
  environment?: Record<string, string>;
}

export class HelperClient {
  readonly frames: WireFrame[] = [];
  readonly process: ChildProcess;
  readonly chunks: Buffer[] = [];
  readonly exited: Promise<number | null>;
  stderr = '';
  /** When the helper ended, by performance.now(). */
  exitedAt = 0;
  #waiting: (() => void)[] = [];
  readonly #heartbeat: NodeJS.Timeout;

  constructor(options: HelperOptions = {}) {
    const decoder = new WireDecoder();
    this.process = spawn(options.path ?? helperPath, [options.mode ?? 'profile'], { env: { LANG: 'C.UTF-8', ...options.environment } });
    this.process.stdout!.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.frames.push(...decoder.push(chunk));
      this.#wake();
    });
    this.process.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.process.stdin!.on('error', () => undefined); // it ended while we wrote
    this.exited = once(this.process, 'close').then(([code]) => {
      this.exitedAt = performance.now();
      clearInterval(this.#heartbeat);
      this.#wake();
      return code as number | null;
    });
    this.#heartbeat = setInterval(() => {
      if (options.heartbeat !== false) this.send(encodeFrame(WireType.heartbeat));
    }, 2000);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  send(bytes: Uint8Array): void {
    if (this.process.stdin!.writable) this.process.stdin!.write(bytes);
  }

  start(options: StartOptions): void {
    this.send(encodeStart(options));
  }

  ofType<T extends WireFrame['type']>(type: T): Extract<WireFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<WireFrame, { type: T }> => frame.type === type);
  }

  /** The first frame of this type, waited for. */
  async expect<T extends WireFrame['type']>(type: T, timeoutMs = 10_000): Promise<Extract<WireFrame, { type: T }>> {
    await this.until(() => this.ofType(type).length > 0, timeoutMs, `a ${type} frame`);
    return this.ofType(type)[0]!;
  }

  async until(condition: () => boolean, timeoutMs = 10_000, what = 'a condition'): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!condition()) {
      if (this.process.exitCode !== null && this.exitedAt > 0) {
        throw new Error(`the helper ended before ${what}: ${JSON.stringify(this.frames.slice(-2), bigintText)} ${this.stderr}`);
      }
      const left = end - performance.now();
      if (left <= 0) throw new Error(`no ${what} within ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** STOP, and everything up to the end. */
  async stop(): Promise<EndFrame> {
    this.send(encodeFrame(WireType.stop));
    await this.exited;
    return this.end();
  }

  /** Samples for that long and then stops. */
  async record(options: StartOptions, milliseconds: number): Promise<EndFrame> {
    this.start(options);
    await this.expect('started');
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return this.stop();
  }

  end(): EndFrame {
    const end = this.frames.at(-1);
    if (end?.type !== 'end') throw new Error(`the last frame is ${end?.type ?? 'none'}, not end: ${this.stderr}`);
    return end;
  }

  refused(): RefusedFrame {
    const refused = this.frames.at(-2);
    if (refused?.type !== 'refused') throw new Error(`the frame before end is ${refused?.type ?? 'none'}, not refused`);
    return refused;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }
}

export function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
