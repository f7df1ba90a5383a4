// SPDX-License-Identifier: Apache-2.0
/** A recording's flame graph the size of a thumb. */
import { useEffect, useRef } from 'react';
import { frameColour } from '../../profile/colours.ts';
import type { FrameCategory } from '../../profile/schema.ts';
import { THUMBNAIL_COLUMNS, THUMBNAIL_ROWS, thumbnailCells } from '../../profile/thumbnail.ts';
import { useApp } from '../app/store.ts';
import { useAnswer } from '../app/use-answer.ts';
import { shownTheme } from '../flamegraph/palette.ts';

/** Device pixels a cell. */
const SCALE = 2;

/** The root's callees lie at the bottom. The engine looks first into what is asked for. @param file null: it has none */
export function Thumbnail({ file }: { file: string | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useApp((state) => state.theme);
  const text = useAnswer('thumbnail', file === null ? null : [file]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, THUMBNAIL_COLUMNS * SCALE, THUMBNAIL_ROWS * SCALE);
    const cells = thumbnailCells(text ?? '');
    for (let at = 0; at < cells.length; at++) {
      if (cells[at] === 0) continue;
      context.fillStyle = frameColour((cells[at]! - 1) as FrameCategory, '', shownTheme());
      const row = THUMBNAIL_ROWS - 1 - Math.floor(at / THUMBNAIL_COLUMNS);
      context.fillRect((at % THUMBNAIL_COLUMNS) * SCALE, row * SCALE, SCALE, SCALE);
    }
  }, [text, theme]);
  return <canvas ref={canvas} className="thumbnail" width={THUMBNAIL_COLUMNS * SCALE} height={THUMBNAIL_ROWS * SCALE} aria-hidden />;
}
