// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { worded } from '../../profile/testing.ts';
import { Table, type Segment } from '../../profile/tables.ts';
import { EventLog, type EventList } from './event-log.ts';

function segment(from: number, count: number): Segment<'events'> {
  const table = new Table('events');
  for (let event = from; event < from + count; event++) {
    table.append(worded(`event ${event}`, { time: event * 10, probe: event % 2 }));
  }
  return { ...table.segment(0), start: from };
}
const messages = (list: EventList) => Array.from({ length: list.length }, (_, index) => list.columns.text[list.at(index)]);

test('the newest are kept, in order', () => {
  const log = new EventLog(4);
  log.append(segment(0, 3));
  expect(messages(log.list())).toEqual(['event 0', 'event 1', 'event 2']);
  log.append(segment(3, 3));
  expect([log.seen, log.kept]).toEqual([6, 4]);
  expect(messages(log.list())).toEqual(['event 2', 'event 3', 'event 4', 'event 5']);
});

test('a filter holds for what is kept and what comes; what was overwritten matches no more', () => {
  const log = new EventLog(4);
  log.append(segment(0, 4));
  log.filter((columns, at) => columns.probe[at] === 1);
  expect(messages(log.list())).toEqual(['event 1', 'event 3']);
  log.append(segment(4, 3));
  expect(messages(log.list())).toEqual(['event 3', 'event 5']);
  log.append(segment(7, 8));
  expect(messages(log.list())).toEqual(['event 11', 'event 13']);
  log.filter(null);
  expect(messages(log.list())).toEqual(['event 11', 'event 12', 'event 13', 'event 14']);
});

test('events that did not come here are counted, and not shown', () => {
  const log = new EventLog(4);
  log.append(segment(0, 2));
  log.append(segment(10, 3));
  expect([log.seen, log.kept]).toEqual([13, 4]);
  expect(messages(log.list())).toEqual(['event 1', 'event 10', 'event 11', 'event 12']);
});

test('a copy stands still', () => {
  const log = new EventLog(3);
  log.filter(() => true);
  log.append(segment(0, 3));
  const still = log.copy();
  log.append(segment(3, 3));
  expect(messages(still)).toEqual(['event 0', 'event 1', 'event 2']);
  expect(messages(log.list())).toEqual(['event 3', 'event 4', 'event 5']);
});

test('a hundred thousand events are taken within a tenth of the second in which they come', () => {
  const log = new EventLog();
  log.filter((columns, at) => columns.text[at]!.includes('7'));
  const events = segment(0, 100_000);
  const began = process.cpuUsage();
  log.append(events);
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1000).toBeLessThan(100);
});
