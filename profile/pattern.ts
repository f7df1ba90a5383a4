// SPDX-License-Identifier: Apache-2.0
/**
 * A user's pattern as a test of names that always ends soon.
 *
 * JavaScript's own RegExp tries one way after another, so that `(a+)+$` takes longer than anybody waits
 * on a name of thirty characters, and it cannot be stopped. Here a pattern becomes an automaton whose
 * states are all followed at once (Thompson 1968): time is at most the name's length x the pattern's.
 * RegExp itself still answers where it is quick for certain: few repetitions and a short name.
 *
 * Syntax: that of RegExp without look-around, back-references and inline flags. Of a name longer than
 * MAX_NAME_LENGTH only the beginning is looked at.
 */
export interface Pattern {
  test(name: string): boolean;
  /** The same, never asking RegExp. */
  testSlowly(name: string): boolean;
}

export const MAX_NAME_LENGTH = 20_000;
const MAX_PATTERN_LENGTH = 1_000;
/** Steps of the automaton; counted repetitions are written out. */
const MAX_STEPS = 5_000;
/** With at most two open repetitions this is at worst 512^3 / 6 steps of RegExp: about 0.1 s. */
const SHORT_NAME = 512;
const FEW_OPEN_REPETITIONS = 2;
const FEW_CHOICES = 6;

/** @returns the pattern, or in `error` what is wrong with it, as a sentence. */
export function compilePattern(source: string, ignoreCase: boolean): Pattern | { error: string } {
  if (source.length > MAX_PATTERN_LENGTH) {
    return { error: `The pattern is longer than ${MAX_PATTERN_LENGTH} characters.` };
  }
  const flags = ignoreCase ? 'i' : '';
  let native: RegExp;
  try {
    native = new RegExp(source, flags);
  } catch (error) {
    const reason = String((error as Error).message).replace(/^.*\/[a-z]*: /s, '');
    return { error: `Not a regular expression: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}.` };
  }
  try {
    const compiler = new Compiler(source, flags);
    const program = compiler.compile();
    const quick = compiler.openRepetitions <= FEW_OPEN_REPETITIONS && compiler.choices <= FEW_CHOICES;
    const testSlowly = (name: string) => run(program, name.slice(0, MAX_NAME_LENGTH));
    return { test: (name) => (quick && name.length <= SHORT_NAME ? native.test(name) : testSlowly(name)), testSlowly };
  } catch (error) {
    if (error instanceof Unsupported) return { error: error.message };
    throw error;
  }
}

class Unsupported extends Error {}
const TOO_LARGE = 'The pattern is too large: use smaller counts in { }.';

/** After a step comes the next one; a fork goes to several at once, counted from itself. */
type Step =
  | { kind: 'character'; test: (unit: number) => boolean }
  | { kind: 'fork'; to: number[] }
  | { kind: 'at'; place: '^' | '$' | '\\b' | '\\B' }
  | { kind: 'match' };

/** Patterns are read by recursive descent straight into steps; RegExp has already found the syntax right. */
class Compiler {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;
  #steps: Step[] = [];
  #depth = 0;
  openRepetitions = 0;
  choices = 0;
  readonly #tests = new Map<string, (unit: number) => boolean>();

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  compile(): Step[] {
    this.#alternatives();
    this.#push({ kind: 'match' });
    return this.#steps;
  }

  #push(step: Step): void {
    if (this.#steps.length >= MAX_STEPS) throw new Unsupported(TOO_LARGE);
    this.#steps.push(step);
  }

  /** a|b|c: a fork to each; each jumps to the end. */
  #alternatives(): void {
    const fork: Step = { kind: 'fork', to: [] };
    const start = this.#steps.length;
    const jumps: number[][] = [];
    this.#push(fork);
    for (;;) {
      fork.to.push(this.#steps.length - start);
      while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) this.#term();
      if (this.#source[this.#at] !== '|') break;
      this.#at++;
      const to: number[] = [];
      jumps.push(to);
      to.push(this.#steps.length);
      this.#push({ kind: 'fork', to });
    }
    if (jumps.length > 0) this.choices++;
    // Targets are relative, so that a repeated piece can be copied.
    for (const jump of jumps) jump[0] = this.#steps.length - jump[0]!;
  }

  #term(): void {
    const start = this.#steps.length;
    const place = /^(?:[\^$]|\\[bB])/.exec(this.#source.slice(this.#at));
    if (place) {
      this.#at += place[0].length;
      this.#push({ kind: 'at', place: place[0] as '^' });
      return;
    }
    const group = this.#source[this.#at] === '(';
    if (group) this.#group();
    else this.#character();
    const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#at));
    if (quantifier) {
      this.#at += quantifier[0].length;
      this.#repeat(start, group, quantifier);
    }
  }

  #repeat(start: number, group: boolean, [text, from, comma, to]: RegExpExecArray): void {
    const piece = this.#steps.splice(start);
    const least = text[0] === '{' ? Number(from) : text[0] === '+' ? 1 : 0;
    const most = text[0] === '?' ? 1 : text[0] !== '{' ? Infinity : !comma ? least : to ? Number(to) : Infinity;
    // What is in a group may be ambiguous in itself, and a repetition multiplies that.
    if (group) this.choices = Infinity;
    else if (most === Infinity) this.openRepetitions++;
    else if (most > 1) this.choices = Infinity;
    else this.choices++;
    const copy = () => piece.forEach((step) => this.#push(step));
    if (least > MAX_STEPS || (most !== Infinity && most > MAX_STEPS)) throw new Unsupported(TOO_LARGE);
    for (let count = 0; count < least; count++) copy();
    if (most === Infinity) {
      this.#push({ kind: 'fork', to: [1, piece.length + 2] });
      copy();
      this.#push({ kind: 'fork', to: [-piece.length - 1] });
    } else {
      for (let count = least; count < most; count++) {
        this.#push({ kind: 'fork', to: [1, (most - count) * (piece.length + 1)] });
        copy();
      }
    }
  }

  #group(): void {
    const opening = /^\((?:\?:|\?<(?![=!])[^>]*>|(?!\?))/.exec(this.#source.slice(this.#at));
    if (!opening) throw new Unsupported('Look-ahead, look-behind and inline flags, "(?…)", cannot be used here.');
    if (++this.#depth > 100) throw new Unsupported('The pattern has too many groups in each other.');
    this.#at += opening[0].length;
    this.#alternatives();
    this.#at++;
    this.#depth--;
  }

  /** One character, class or escape. RegExp itself says which characters it means. */
  #character(): void {
    const rest = this.#source.slice(this.#at);
    if (/^\\(?:[1-9]|k<)/.test(rest)) throw new Unsupported('Back-references, like "\\1", cannot be used here.');
    const [text] =
      /^(?:\[(?:\\[^]|[^\]\\])*\]|\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z]|0[0-7]{0,2}|[^])|[^])/.exec(rest)!;
    this.#at += text.length;
    let test = this.#tests.get(text);
    if (!test) this.#tests.set(text, (test = this.#unitTest(text)));
    this.#push({ kind: 'character', test });
  }

  #unitTest(text: string): (unit: number) => boolean {
    // A brace or bracket that stands for itself must not join what is put around it.
    const native = new RegExp(`^${/^[{}\]]$/.test(text) ? `\\${text}` : text}$`, this.#flags);
    const known = new Uint8Array(256);
    return (unit) => {
      if (unit >= known.length) return native.test(String.fromCharCode(unit));
      if (known[unit] === 0) known[unit] = native.test(String.fromCharCode(unit)) ? 2 : 1;
      return known[unit] === 2;
    };
  }
}

const isWord = (unit: number): boolean => unit < 128 && /\w/.test(String.fromCharCode(unit));

function holds(place: '^' | '$' | '\\b' | '\\B', name: string, at: number): boolean {
  if (place === '^') return at === 0;
  if (place === '$') return at === name.length;
  const before = at > 0 && isWord(name.charCodeAt(at - 1));
  const after = at < name.length && isWord(name.charCodeAt(at));
  return (place === '\\b') === (before !== after);
}

/** Is there a match anywhere in the name? */
function run(program: readonly Step[], name: string): boolean {
  // Steps reached at this position, each once; `seen` holds the position + 1 at which a step was last reached.
  const seen = new Int32Array(program.length);
  const pending: number[] = [];
  let now: number[] = [];
  for (let at = 0; at <= name.length; at++) {
    pending.push(0);
    const reached: number[] = [];
    for (const step of now) pending.push(step);
    while (pending.length > 0) {
      const index = pending.pop()!;
      if (seen[index] === at + 1) continue;
      seen[index] = at + 1;
      const step = program[index]!;
      if (step.kind === 'match') return true;
      if (step.kind === 'character') reached.push(index);
      else if (step.kind === 'fork') for (const to of step.to) pending.push(index + to);
      else if (holds(step.place, name, at)) pending.push(index + 1);
    }
    if (at === name.length) return false;
    const unit = name.charCodeAt(at);
    now = [];
    for (const index of reached) {
      const step = program[index]!;
      if (step.kind === 'character' && step.test(unit)) now.push(index + 1);
    }
  }
  return false;
}
