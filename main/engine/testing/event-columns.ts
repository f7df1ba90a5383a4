// SPDX-License-Identifier: Apache-2.0
/** Test only. Events one by one: to the columns of the wire, and back. */
import { EventColumn, WIRE_EVENT_COLUMNS, wireEvents } from '../wire-layout.gen.ts';
import type { EventsFrame } from '../wire-probe-frames.ts';

/** Fields by the names of `EventColumn`, and `argument2` to 6; 0 where they are missing. */
export type EventEntry = Record<string, number | bigint | string> & { text?: string };

const ARGUMENT = /^argument([1-6])$/;

function columnOf(name: string): number {
  const argument = ARGUMENT.exec(name);
  return argument ? EventColumn.argument1 + Number(argument[1]) - 1 : EventColumn[name as keyof typeof EventColumn];
}

/** The payload of a frame as the helper makes it: what all have in common stands once. */
export function eventsPayload(entries: readonly EventEntry[]): Uint8Array<ArrayBuffer> {
  const texts = entries.map(({ text }) => new TextEncoder().encode(text ?? ''));
  const columns = Array.from({ length: WIRE_EVENT_COLUMNS }, () => entries.map(() => 0n));
  entries.forEach((entry, row) => {
    columns[EventColumn.textLength]![row] = BigInt(texts[row]!.length);
    for (const [name, value] of Object.entries(entry)) if (name !== 'text') columns[columnOf(name)]![row] = BigInt.asUintN(64, BigInt(value));
  });
  const bytes: number[] = [];
  let varying = 0;
  const pad = (): void => void bytes.push(...new Array<number>((8 - (bytes.length % 8)) % 8).fill(0));
  for (const [column, values] of columns.entries()) {
    const all = values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
    if (all.length > 1) varying |= 1 << column;
    const size = column < EventColumn.probe ? 8 : 4;
    for (const value of all) for (let byte = 0; byte < size; byte++) bytes.push(Number((value >> BigInt(8 * byte)) & 0xffn));
    pad();
  }
  const textLength = texts.reduce((sum, { length }) => sum + length, 0);
  for (const text of texts) bytes.push(...text);
  pad();
  const payload = new Uint8Array(wireEvents.size + bytes.length);
  const view = new DataView(payload.buffer);
  view.setUint32(wireEvents.entryCount, entries.length, true);
  view.setUint32(wireEvents.varying, varying, true);
  view.setUint32(wireEvents.textLength, textLength, true);
  payload.set(bytes, wireEvents.size);
  return payload;
}

export interface SingleEvent {
  timeNs: number;
  durationNs: number;
  userStack: bigint;
  kernelStack: bigint;
  value: bigint;
  arguments: bigint[];
  probe: number;
  function: number;
  tgid: number;
  tid: number;
  cpu: number;
  flags: number;
  text: string;
}

export function singleEvents(frame: EventsFrame): SingleEvent[] {
  return Array.from({ length: frame.length }, (_, i) => ({
    ...{ timeNs: frame.timeNs[i]!, durationNs: frame.durationNs[i]!, userStack: frame.userStack[i]!, kernelStack: frame.kernelStack[i]! },
    ...{ value: frame.value[i]!, arguments: frame.arguments.map((values) => BigInt.asUintN(64, values[i]!)), probe: frame.probe[i]! },
    ...{ function: frame.function[i]!, tgid: frame.tgid[i]!, tid: frame.tid[i]!, cpu: frame.cpu[i]!, flags: frame.flags[i]!, text: frame.text[i]! },
  }));
}
