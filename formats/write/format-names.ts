// SPDX-License-Identifier: Apache-2.0
/** The formats that a profile can be written in, and how a file's name says which. */
export const WRITTEN_FORMATS = ['folded', 'svg', 'html', 'png', 'pprof', 'speedscope', 'firefox'] as const;
export type WrittenFormat = (typeof WRITTEN_FORMATS)[number];

export interface FormatWords {
  /** Of the file's name, behind the dot; the first is the usual one. */
  readonly endings: readonly [string, ...string[]];
  /** Media type. */
  readonly type: string;
  /** No text. */
  readonly isBinary: boolean;
  readonly title: string;
  readonly what: string;
}

export const formatWords: Readonly<Record<WrittenFormat, FormatWords>> = {
  folded: { endings: ['folded', 'txt'], type: 'text/plain;charset=utf-8', isBinary: false, title: 'Folded stacks', what: 'text, for flamegraph.pl and scripts' },
  svg: { endings: ['svg'], type: 'image/svg+xml', isBinary: false, title: 'Interactive SVG', what: 'the picture, with zoom and search' },
  html: { endings: ['html', 'htm'], type: 'text/html;charset=utf-8', isBinary: false, title: 'Web page', what: 'one file for any browser, with zoom, search and details' },
  png: { endings: ['png'], type: 'image/png', isBinary: true, title: 'Image (PNG)', what: 'the picture, for documents and messages' },
  pprof: { endings: ['pb.gz', 'pprof'], type: 'application/octet-stream', isBinary: true, title: 'pprof', what: 'for go tool pprof and what reads the same' },
  speedscope: { endings: ['speedscope.json'], type: 'application/json', isBinary: false, title: 'speedscope', what: 'a profile a thread, in order of time' },
  firefox: { endings: ['firefox.json'], type: 'application/json', isBinary: false, title: 'Firefox Profiler', what: 'for profiler.firefox.com, with threads over time' },
};

/** By the ending; null: it says none. */
export function formatOfName(name: string): WrittenFormat | null {
  const lower = name.toLowerCase();
  return WRITTEN_FORMATS.find((format) => formatWords[format].endings.some((ending) => lower.endsWith(`.${ending}`))) ?? null;
}
