// SPDX-License-Identifier: Apache-2.0
/** One of a few, in a row. */
interface ChoiceProps<T extends string> {
  label: string;
  options: readonly { value: T; title: string; what: string }[];
  value: T;
  choose(value: T): void;
}

export function Choice<T extends string>({ label, options, value, choose }: ChoiceProps<T>) {
  return (
    <div className="compare-choice" role="radiogroup" aria-label={label}>
      <span aria-hidden>{label}</span>
      <div>
        {options.map((option) => (
          <button key={option.value} role="radio" aria-checked={option.value === value} title={option.what} onClick={() => choose(option.value)}>
            {option.title}
          </button>
        ))}
      </div>
    </div>
  );
}
