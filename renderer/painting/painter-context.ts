// SPDX-License-Identifier: Apache-2.0
import { createContext, use } from 'react';
import type { Painter } from './painter.ts';

export const PainterContext = createContext<Painter | null>(null);

export function usePainter(): Painter {
  const painter = use(PainterContext);
  if (painter === null) throw new Error('rendered outside of PainterContext');
  return painter;
}
