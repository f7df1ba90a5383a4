// SPDX-License-Identifier: Apache-2.0
/** One of a few, in a row: one stop of the Tab key, arrows choose. */
import { useRef } from 'react';
import './choice.css';

interface ChoiceProps<T extends string> {
  label: string;
  /** The options say themselves what they are. */
  isLabelHidden?: boolean;
  options: readonly { value: T; title: string; what: string }[];
  value: T;
  choose(value: T): void;
}

const steps: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export function Choice<T extends string>({ label, isLabelHidden = false, options, value, choose }: ChoiceProps<T>) {
  const row = useRef<HTMLDivElement>(null);
  const press = (event: React.KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined || event.altKey) return;
    event.preventDefault();
    const next = (options.findIndex((option) => option.value === value) + step + options.length) % options.length;
    choose(options[next]!.value);
    row.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div className="compare-choice" role="radiogroup" aria-label={label} onKeyDown={press}>
      {!isLabelHidden && <span aria-hidden>{label}</span>}
      <div ref={row}>
        {options.map((option) => (
          <button key={option.value} role="radio" tabIndex={option.value === value ? 0 : -1} aria-checked={option.value === value} title={option.what} onClick={() => choose(option.value)}>
            {option.title}
          </button>
        ))}
      </div>
    </div>
  );
}
