// SPDX-License-Identifier: Apache-2.0
/** One payload to its frame: every length, count and enum is checked against wire.h. */
import { decodeCounts, decodeCpuTime, decodeKernelSymbols, decodePythonCode, decodeStack } from './wire-columns.ts';
import type { WireFrame } from './wire-frames.ts';
import {
  LossCause,
  WIRE_BUILD_ID_MAX,
  WIRE_MAGIC,
  wireBytes,
  wireEnd,
  wireFields,
  wireGeneration,
  wireLedger,
  wireLossEntry,
  wireMapping,
  wireModule,
  wireNote,
  WireNoteKind,
  wireProcess,
  wireRefused,
  wireStarted,
  wireTables,
  wireThread,
  WireType,
} from './wire-layout.gen.ts';
import { decodeProbePayload } from './wire-probe-payload.ts';
import { WireStreamError } from './wire-stream-error.ts';
import { decoder, exactly, Fixed, malformed, oneOf, variable } from './wire-struct.ts';

/** Hexadecimal. @throws WireStreamError */
function buildIdOf(fixed: { number(name: 'buildIdLength'): number; bytes(name: 'buildId'): Uint8Array }): string {
  const length = fixed.number('buildIdLength');
  if (length > WIRE_BUILD_ID_MAX) throw malformed(`a build id of ${length} bytes`);
  return Buffer.from(fixed.bytes('buildId').subarray(0, length)).toString('hex');
}

/**
 * @param payload owned by the frame from now on; at least as long as the fixed part of its type.
 * @throws WireStreamError
 */
export function decodePayload(type: number, payload: Uint8Array<ArrayBuffer>): WireFrame {
  switch (type as WireType) {
    case WireType.hello: {
      const fixed = new Fixed(payload, wireFields.wireHello);
      if (fixed.number('magic') !== WIRE_MAGIC) throw malformed('a hello without its magic number');
      // Later protocols may say more: whoever waits for the hello compares protocol and version.
      return {
        type: 'hello',
        protocol: fixed.number('protocol'),
        features: fixed.number('features'),
        cpus: fixed.number('cpus'),
        uid: fixed.number('uid'),
        maxFrequency: fixed.number('maxFrequency'),
        maxTargets: fixed.number('maxTargets'),
        maxStackDepth: fixed.number('maxStackDepth'),
        version: fixed.text('version'),
        release: fixed.text('release'),
      };
    }
    case WireType.started: {
      const fixed = new Fixed(payload, wireFields.wireStarted);
      exactly(payload, wireStarted.size, 'a started frame');
      return {
        type: 'started',
        monotonicNs: fixed.number('monotonicNs'),
        realtimeNs: fixed.number('realtimeNs'),
        frequency: fixed.number('frequency'),
        event: fixed.number('event'),
        sampling: fixed.number('sampling'),
        cpus: fixed.number('cpus'),
      };
    }
    case WireType.process: {
      const fixed = new Fixed(payload, wireFields.wireProcess);
      const name = variable(payload, wireProcess.size, fixed.number('nameLength'), 'a process');
      return {
        type: 'process',
        tgid: fixed.number('tgid'),
        parentTgid: fixed.number('parentTgid'),
        timeNs: fixed.number('timeNs'),
        flags: fixed.number('flags'),
        name: decoder.decode(name),
      };
    }
    case WireType.thread: {
      const fixed = new Fixed(payload, wireFields.wireThread);
      const name = variable(payload, wireThread.size, fixed.number('nameLength'), 'a thread');
      return {
        type: 'thread',
        tgid: fixed.number('tgid'),
        tid: fixed.number('tid'),
        timeNs: fixed.number('timeNs'),
        name: decoder.decode(name),
      };
    }
    case WireType.generation: {
      const fixed = new Fixed(payload, wireFields.wireGeneration);
      exactly(payload, wireGeneration.size, 'a generation');
      return {
        type: 'generation',
        tgid: fixed.number('tgid'),
        generation: fixed.number('generation'),
        fromTgid: fixed.number('fromTgid'),
        fromGeneration: fixed.number('fromGeneration'),
        timeNs: fixed.number('timeNs'),
      };
    }
    case WireType.mapping: {
      const fixed = new Fixed(payload, wireFields.wireMapping);
      const path = variable(payload, wireMapping.size, fixed.number('pathLength'), 'a mapping');
      const start = fixed.bigint('start');
      const end = fixed.bigint('end');
      if (end <= start) throw malformed('a mapping that ends before it begins');
      return {
        type: 'mapping',
        tgid: fixed.number('tgid'),
        generation: fixed.number('generation'),
        start,
        end,
        fileOffset: fixed.number('fileOffset'),
        inode: fixed.bigint('inode'),
        deviceMajor: fixed.number('deviceMajor'),
        deviceMinor: fixed.number('deviceMinor'),
        flags: fixed.number('flags'),
        path: decoder.decode(path),
        buildId: buildIdOf(fixed),
      };
    }
    case WireType.module: {
      const fixed = new Fixed(payload, wireFields.wireModule);
      const path = variable(payload, wireModule.size, fixed.number('pathLength'), 'a module');
      return {
        type: 'module',
        module: fixed.number('module'),
        tgid: fixed.number('tgid'),
        start: fixed.bigint('start'),
        end: fixed.bigint('end'),
        inode: fixed.bigint('inode'),
        deviceMajor: fixed.number('deviceMajor'),
        deviceMinor: fixed.number('deviceMinor'),
        flags: fixed.number('flags'),
        path: decoder.decode(path),
        buildId: buildIdOf(fixed),
      };
    }
    case WireType.bytes: {
      const fixed = new Fixed(payload, wireFields.wireBytes);
      const bytes = variable(payload, wireBytes.size, fixed.number('length'), 'bytes');
      return {
        type: 'bytes',
        module: fixed.number('module'),
        error: fixed.number('error'),
        offset: fixed.number('offset'),
        fileSize: fixed.number('fileSize'),
        bytes,
      };
    }
    case WireType.tables: {
      const fixed = new Fixed(payload, wireFields.wireTables);
      exactly(payload, wireTables.size, 'tables');
      return {
        type: 'tables',
        bytes: fixed.number('bytes'),
        tables: fixed.number('tables'),
        refused: fixed.number('refused'),
        evicted: fixed.number('evicted'),
      };
    }
    case WireType.kernelSymbols:
      return decodeKernelSymbols(payload);
    case WireType.pythonCode:
      return decodePythonCode(payload);
    case WireType.stack:
      return decodeStack(payload);
    case WireType.counts:
      return decodeCounts(payload);
    case WireType.cpuTime:
      return decodeCpuTime(payload);
    case WireType.loss: {
      const fixed = new Fixed(payload, wireFields.wireLossEntry);
      exactly(payload, wireLossEntry.size, 'a loss');
      const cause = oneOf(LossCause, fixed.number('cause'), 'a loss');
      return { type: 'loss', slice: fixed.number('slice'), cause, count: fixed.number('count') };
    }
    case WireType.ledger: {
      const fixed = new Fixed(payload, wireFields.wireLedger);
      exactly(payload, wireLedger.size, 'a ledger');
      return {
        type: 'ledger',
        timeNs: fixed.number('timeNs'),
        fired: fixed.number('fired'),
        notOurs: fixed.number('notOurs'),
        stored: fixed.number('stored'),
        bpfNs: fixed.number('bpfNs'),
        helperNs: fixed.number('helperNs'),
        completeSlice: fixed.number('completeSlice'),
        pythonCut: fixed.number('pythonCut'),
      };
    }
    case WireType.note: {
      const fixed = new Fixed(payload, wireFields.wireNote);
      const text = variable(payload, wireNote.size, fixed.number('textLength'), 'a note');
      const kind = oneOf(WireNoteKind, fixed.number('kind'), 'a note');
      return {
        type: 'note',
        timeNs: fixed.number('timeNs'),
        kind,
        tgid: fixed.number('tgid'),
        text: decoder.decode(text),
      };
    }
    case WireType.refused: {
      const fixed = new Fixed(payload, wireFields.wireRefused);
      const text = variable(payload, wireRefused.size, fixed.number('textLength'), 'a refusal');
      return {
        type: 'refused',
        error: fixed.number('error'),
        value: fixed.number('value'),
        text: decoder.decode(text),
      };
    }
    case WireType.end: {
      const fixed = new Fixed(payload, wireFields.wireEnd);
      exactly(payload, wireEnd.size, 'an end');
      return { type: 'end', reason: fixed.number('reason'), timeNs: fixed.number('timeNs') };
    }
    default: {
      const frame = decodeProbePayload(type, payload);
      if (!frame) throw new WireStreamError('unknownType', `a frame of the unknown type ${type}`);
      return frame;
    }
  }
}
