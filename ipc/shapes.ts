// SPDX-License-Identifier: Apache-2.0
/**
 * Checks of received values. A shape tells whether a value is a T and, when it is not, where it differs:
 * it returns "" or a path like ".target.kind". Keys beyond the known ones are let through.
 */
import { schema } from '../profile/schema.ts';
import type { Segment } from '../profile/tables.ts';

export interface Shape<T> {
  /** Null when `value` is a T; otherwise the path to the part that is not. */
  mismatch(value: unknown): string | null;
  /** Carries T in the type only. */
  readonly type?: T;
}
export type Of<S> = S extends Shape<infer T> ? T : never;

function test<T>(accepts: (value: unknown) => boolean): Shape<T> {
  return { mismatch: (value) => (accepts(value) ? null : '') };
}

export const number = test<number>((value) => typeof value === 'number' && Number.isFinite(value));
/** A whole number from 0 to 2^53. */
export const count = test<number>((value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const flag = test<boolean>((value) => typeof value === 'boolean');
export const text = test<string>((value) => typeof value === 'string');
export const anything = test<unknown>(() => true);
/** What JSON leaves of `undefined`. */
export const nothing = test<undefined>((value) => value === undefined || value === null);
export const bytes = test<Uint8Array>((value) => value instanceof Uint8Array);
/** Decoded by segment-codec.ts, which has checked it. */
export const segment = test<Segment>(
  (value) => typeof value === 'object' && value !== null && Object.hasOwn(schema, (value as Segment).table ?? ''),
);

/** One of some texts; a record of them, so that the compiler asks for every one of T. */
export function constant<T extends string>(values: Record<T, unknown>): Shape<T> {
  return test<T>((value) => typeof value === 'string' && Object.hasOwn(values, value));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { mismatch: (value) => (value === null ? null : shape.mismatch(value)) };
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return {
    mismatch(value) {
      if (!Array.isArray(value)) return '';
      for (let i = 0; i < value.length; i++) {
        const inner = item.mismatch(value[i]);
        if (inner !== null) return `[${i}]${inner}`;
      }
      return null;
    },
  };
}

type Shapes = Readonly<Record<string, Shape<unknown>>>;
type Tuple<S extends readonly Shape<unknown>[]> = { -readonly [I in keyof S]: Of<S[I]> };

/** Exactly these values, in this order. Trailing nulls of JSON are not allowed. */
export function tuple<const S extends readonly Shape<unknown>[]>(...items: S): Shape<Tuple<S>> {
  return {
    mismatch(value) {
      if (!Array.isArray(value) || value.length !== items.length) return '';
      for (let i = 0; i < items.length; i++) {
        const inner = items[i]!.mismatch(value[i]);
        if (inner !== null) return `[${i}]${inner}`;
      }
      return null;
    },
  };
}

/** `optional` keys may be absent. */
export function record<R extends Shapes, O extends Shapes = Record<never, never>>(
  required: R,
  optional?: O,
): Shape<{ [K in keyof R]: Of<R[K]> } & { [K in keyof O]?: Of<O[K]> }> {
  return {
    mismatch(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
      const object = value as Record<string, unknown>;
      for (const key in required) {
        const inner = required[key]!.mismatch(Object.hasOwn(object, key) ? object[key] : undefined);
        if (inner !== null) return `.${key}${inner}`;
      }
      for (const key in optional) {
        if (!Object.hasOwn(object, key)) continue;
        const inner = optional[key]!.mismatch(object[key]);
        if (inner !== null) return `.${key}${inner}`;
      }
      return null;
    },
  };
}

/** One of several records, told apart by their `kind`; the compiler asks for every kind of T. */
export function variant<T extends { kind: string }>(kinds: {
  [K in T['kind']]: Shape<Omit<Extract<T, { kind: K }>, 'kind'>>;
}): Shape<T> {
  return {
    mismatch(value) {
      if (typeof value !== 'object' || value === null) return '';
      const kind = (value as { kind?: unknown }).kind;
      if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) return '.kind';
      return kinds[kind as T['kind']].mismatch(value);
    },
  };
}
