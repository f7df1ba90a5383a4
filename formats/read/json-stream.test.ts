// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonStream, type JsonValue } from './json-stream.ts';
import { errorOf } from './testing.ts';

function parse(text: string, chunk = Infinity): JsonValue | undefined {
  let found: JsonValue | undefined;
  const stream = new JsonStream({ x: (value) => (found = value) });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += chunk) stream.push(bytes.subarray(at, at + chunk));
  stream.end();
  return found;
}

describe('JSON in chunks', () => {
  it('is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.integer({ min: 1, max: 9 }), (json, chunk) => {
        expect(parse(`{"before": [1, {"x": 2}], "x": ${json}\n}`, chunk)).toEqual(JSON.parse(json));
      }),
    );
    expect(parse('{"x": "\\u00e9\\ud83d\\ude00 \\"é\\" \\\\"}', 1)).toBe('é😀 "é" \\');
  });

  it('has the numbers that JSON.parse has, wherever a chunk ends', () => {
    const numbers = '[0,-0,7,10,120 ,999999999999999,1000000000000001,123456789012345678901,-5,1.5,0.25,1e3,2E-2,[3],4]';
    for (let chunk = 1; chunk <= numbers.length + 6; chunk++) expect(parse(`{"x":${numbers}}`, chunk)).toEqual(JSON.parse(numbers));
    expect(errorOf(() => parse('{"x": [00]}'))).toBe('byte 9: this is no JSON');
    expect(errorOf(() => parse('{"x": [12a]}'))).toBe('byte 10: this is no JSON');
  });

  it('hands over one after the other, and skips the rest', () => {
    const found: JsonValue[] = [];
    const ended: string[] = [];
    const stream = new JsonStream({ a: { '*': { b: (value) => found.push(value) } } }, (path) => ended.push(path.join('.')));
    stream.push(new TextEncoder().encode('{"a": [{"b": 1, "c": {"b": 9}}, {"b": [2, {"d": null}]}], "b": 3, "__proto__": {"a": 4}}'));
    stream.end();
    expect(found).toEqual([1, [2, { d: null }]]);
    expect(ended).toEqual(['a.*', 'a.*', 'a', '']);
  });

  it('refuses what JSON.parse refuses, at its byte', () => {
    for (const bad of ['{"x" 1}', '{"x": 1,}', '[1 2]', '{"x": 01}', '{"x": nul}', '{"x": "\\q"}', '{"x": 1}}', '{x: 1}', '{"x": 1', '"', '', ']', '{"x": [1}', '{"x":: 1}', '{"x": constructor}']) {
      expect(errorOf(() => parse(bad)), bad).toMatch(/^byte [\d,]+: /);
      expect(() => void JSON.parse(bad), bad).toThrow();
    }
    expect(errorOf(() => parse('{"x": [1, 2 3]}'))).toBe('byte 12: this is no JSON');
    expect(errorOf(() => parse('['.repeat(100)))).toBe('byte 64: it has more than 64 levels');
  });
});
