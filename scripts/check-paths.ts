// SPDX-License-Identifier: Apache-2.0
/** Checks that the paths which the documents name in `code` exist, so that a document cannot outlive what it describes. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOMS = 'bpf|native|profile|formats|ipc|main|renderer|assets|test|bench|docs|scripts|\\.ci';

/** Paths from the top that a Markdown text names: `room/…` in code spans. Patterns (`*`, `…`) are left out. */
export function namedPaths(markdown: string): string[] {
  const span = new RegExp(`\`((?:${ROOMS})/[^\`\\s:]*)\``, 'g');
  return [...markdown.matchAll(span)].map(([, path = '']) => path).filter((path) => !/[*…<>{}]/.test(path));
}

if (import.meta.main) {
  const top = dirname(import.meta.dirname);
  const documents = globSync('**/*.md', { cwd: top, exclude: (name) => /^(node_modules|build|dist)$/.test(name) });
  const problems = documents.flatMap((document) =>
    namedPaths(readFileSync(join(top, document), 'utf8'))
      .filter((path) => !existsSync(join(top, path)))
      .map((path) => `${document}: ${path} does not exist`),
  );
  for (const problem of problems) console.error(problem);
  console.log(`check-paths: ${documents.length} documents, ${problems.length} dead paths`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
