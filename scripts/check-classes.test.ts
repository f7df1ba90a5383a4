// SPDX-License-Identifier: Apache-2.0
import ts from 'typescript';
import { expect, test } from 'vitest';
import { classesGiven, classesOfSheet } from './check-classes.ts';

/** What a component of this text gives. */
function given(text: string): ReturnType<typeof classesGiven> {
  const source = ts.createSourceFile('a.tsx', text, ts.ScriptTarget.Latest, true);
  const host = { ...ts.createCompilerHost({}), getSourceFile: (name: string) => (name === 'a.tsx' ? source : undefined), writeFile: () => undefined };
  return classesGiven(ts.createProgram(['a.tsx'], { jsx: ts.JsxEmit.Preserve, noLib: true, strict: true, types: [] }, host), (file) => file === 'a.tsx');
}

test('finds the classes of a sheet, within media too, and none in comments and values', () => {
  const css = '/* .old { } */ .a.on > b::before, .b-c:not(.off) { margin: 0.5em; background: url(x.png) } @media (width < 9.5px) { .d { flex: .5 } }';
  expect(classesOfSheet(css)).toEqual(['a', 'on', 'b-c', 'off', 'd']);
});

test('finds what an element is given, by the words and by the types', () => {
  const { given: classes, problems } = given(`
    declare const state: 'live' | 'over'; declare const isOn: boolean; declare const element: { className: string };
    export const a = <b className="one two"><i className={isOn ? 'on' : ''} /><u className={\`dot is-\${state}\`} /></b>;
    export const part = ({ className }: { className?: 'wide' }) => <p className={\`part \${className ?? ''}\`} />;
    element.className = 'set';
  `);
  expect([...classes].filter((name) => name !== '').sort()).toEqual(['dot', 'is-live', 'is-over', 'on', 'one', 'part', 'set', 'two']);
  expect(problems).toEqual([]);
});

test('a class whose type is any text is a problem', () => {
  const { problems } = given('declare const state: string; export const a = <b className={`dot ${state}`} />;');
  expect(problems).toEqual(['a.tsx: its type does not say which classes: `dot ${state}`']);
});
