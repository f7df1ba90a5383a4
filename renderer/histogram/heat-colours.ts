// SPDX-License-Identifier: Apache-2.0
/** The colours of probes' pictures, from the page's theme. */
import { shownTheme, token } from '../flamegraph/palette.ts';
import type { ProbeColours } from './histogram-painter.ts';

type Rgb = readonly [red: number, green: number, blue: number];

/** "#rgb" or "#rrggbb". */
function rgbOf(colour: string): Rgb {
  const digits = colour.replace('#', '');
  const whole = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const value = parseInt(whole, 16) || 0;
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** From the panel's colour to the accent, 256 steps. Transparent where nothing is. */
export function heatColours(panel: string, accent: string): Uint32Array {
  const [from, to] = [rgbOf(panel), rgbOf(accent)];
  return Uint32Array.from({ length: 256 }, (_, step) => {
    if (step === 0) return 0;
    const [red, green, blue] = from.map((part, index) => Math.round(part + (to[index]! - part) * (step / 255))) as unknown as Rgb;
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

export function readProbeColours(): ProbeColours {
  const panel = token('--panel') || '#1a1d22';
  const accent = token('--accent') || '#ff8a3d';
  return { theme: shownTheme(), column: accent, line: token('--line'), text: token('--dim'), mark: token('--text'), panel, heat: heatColours(panel, accent) };
}

export function readProbeFont(): string {
  return `9.5px ${token('--sans') || 'sans-serif'}`;
}
