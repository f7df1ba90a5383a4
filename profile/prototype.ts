// SPDX-License-Identifier: Apache-2.0
/** What a function takes and returns: how values in registers are to be read. */

export type ValueForm = 'integer' | 'boolean' | 'pointer' | 'text' | 'other';

/** What a value in a register is. */
export interface ValueType {
  /** As C writes it. */
  type: string;
  /** 1 to 8. */
  bytes: number;
  signed: boolean;
  /** `text`: it points to characters. */
  form: ValueForm;
}

export interface NamedValue extends ValueType {
  name: string;
}

export interface Prototype {
  arguments: NamedValue[];
  /** null: void. */
  returns: ValueType | null;
}

const forms: ReadonlySet<unknown> = new Set<ValueForm>(['integer', 'boolean', 'pointer', 'text', 'other']);

function isValue(value: unknown): value is ValueType {
  const { type, bytes, signed, form } = (value ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof bytes === 'number' && bytes >= 1 && bytes <= 8 && typeof signed === 'boolean' && forms.has(form);
}

/** Of a recording that nobody vouches for; null: it is none. */
export function prototypeOfJson(text: string): Prototype | null {
  try {
    const { arguments: list, returns } = JSON.parse(text) as { arguments: unknown; returns: unknown };
    const sound = Array.isArray(list) && list.every((each) => isValue(each) && typeof (each as NamedValue).name === 'string');
    return sound && (returns === null || isValue(returns)) ? { arguments: list as NamedValue[], returns } : null;
  } catch {
    return null;
  }
}
