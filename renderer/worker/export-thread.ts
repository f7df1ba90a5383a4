// SPDX-License-Identifier: Apache-2.0
/// <reference lib="webworker" />
/** Writes one export beside the worker, so that the picture goes on and an export can be ended. */
import { runExport, type ExportContent, type ExportJob } from './export.ts';

export type ExportAnswer = { content: ExportContent } | { problem: string };

const scope = self as unknown as DedicatedWorkerGlobalScope;
const answer = (message: ExportAnswer): void => {
  const bytes = 'content' in message && typeof message.content !== 'string' ? [message.content.buffer] : [];
  scope.postMessage(message, bytes);
};
scope.addEventListener('message', ({ data }: MessageEvent<ExportJob>) => {
  runExport(data).then(
    (content) => answer({ content }),
    (error: unknown) => answer({ problem: (error as Error).message }),
  );
});
