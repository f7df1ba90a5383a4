// SPDX-License-Identifier: Apache-2.0
/**
 * Checks that every class which a style sheet of the window names is given to some element, so that no rule outlives its component.
 * What an expression in `className` may be, its type says: `check ${state}` gives `check` and every word of the type of `state`.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** The classes that a sheet's selectors name, each once, in its order. */
export function classesOfSheet(css: string): string[] {
  const selectors = css.replaceAll(/\/\*.*?\*\//gs, '').match(/[^{};]+(?=\{)/g) ?? [];
  const ofElements = selectors.filter((selector) => !selector.trim().startsWith('@'));
  return [...new Set(ofElements.flatMap((selector) => selector.match(/(?<=\.)[a-z][\w-]*/gi) ?? []))];
}

/** The texts that an expression may be. @returns null where its type is any text at all */
function textsOf(expression: ts.Expression, checker: ts.TypeChecker): string[] | null {
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  // Handed on: it was counted where it was given.
  if (ts.isIdentifier(expression) && expression.text === 'className') return [''];
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
    return together([expression.left, expression.right].map((each) => textsOf(each, checker)));
  }
  if (ts.isConditionalExpression(expression)) return together([expression.whenTrue, expression.whenFalse].map((each) => textsOf(each, checker)));
  if (ts.isTemplateExpression(expression)) {
    let texts: string[] | null = [expression.head.text];
    for (const { expression: inner, literal } of expression.templateSpans) {
      const middles = textsOf(inner, checker);
      if (middles === null) return null;
      texts = texts.flatMap((text) => middles.map((middle) => text + middle + literal.text));
    }
    return texts;
  }
  const type = checker.getTypeAtLocation(expression);
  return together((type.isUnion() ? type.types : [type]).map((each) => (each.isStringLiteral() ? [each.value] : each.flags & ts.TypeFlags.Undefined ? [] : null)));
}

function together(each: readonly (string[] | null)[]): string[] | null {
  return each.includes(null) ? null : each.flatMap((texts) => texts ?? []);
}

/** The classes that the files of a program give to elements: in `className` attributes, and by setting the property. */
export function classesGiven(program: ts.Program, isOurs: (file: string) => boolean): { given: Set<string>; problems: string[] } {
  const checker = program.getTypeChecker();
  const given = new Set<string>();
  const problems: string[] = [];
  const take = (expression: ts.Expression) => {
    const texts = textsOf(expression, checker);
    if (texts === null) problems.push(`${relative(process.cwd(), expression.getSourceFile().fileName)}: its type does not say which classes: ${expression.getText()}`);
    for (const name of texts?.join(' ').split(/\s+/) ?? []) given.add(name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxAttribute(node) && node.name.getText() === 'className' && node.initializer !== undefined) {
      const given = ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
      if (given !== undefined) take(given);
    }
    if (ts.isBinaryExpression(node) && ts.isPropertyAccessExpression(node.left) && node.left.name.text === 'className') take(node.right);
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) if (isOurs(source.fileName)) visit(source);
  return { given, problems };
}

if (import.meta.main) {
  const top = dirname(import.meta.dirname);
  const { config } = ts.readConfigFile(join(top, 'renderer/tsconfig.json'), ts.sys.readFile) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(top, 'renderer'));
  const components = globSync('renderer/**/*.{ts,tsx}', { cwd: top }).filter((file) => !/\.test\.tsx?$|\/testing\//.test(file));
  const program = ts.createProgram(components.map((file) => join(top, file)), options);
  const { given, problems } = classesGiven(program, (file) => components.includes(relative(top, file)));
  const sheets = globSync('renderer/**/*.css', { cwd: top });
  for (const sheet of sheets) {
    for (const name of classesOfSheet(readFileSync(join(top, sheet), 'utf8'))) {
      if (!given.has(name)) problems.push(`${sheet}: no element has the class ${name}`);
    }
  }
  for (const problem of problems) console.error(problem);
  console.log(`check-classes: ${sheets.length} sheets, ${problems.length === 0 ? 'every class of them is used' : `${problems.length} problems`}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
