// SPDX-License-Identifier: Apache-2.0
/**
 * Colours by module: one hue a module, the same throughout a recording and mostly in all of them. A module takes
 * the hue that its name asks for; where an earlier one of the recording has it, the next that is free.
 */
import { hashOf, type Theme } from './colours.ts';
import { baseName, modulePath } from './names.ts';
import { ModuleKind } from './schema.ts';
import type { Tables } from './tables.ts';
import { NONE, type ModuleIndex } from './units.ts';

/** The kernel's, always. */
const KERNEL_SLOT = 0;
const HUES = 12;
/** Each hue light and dark. */
export const MODULE_SLOTS = 2 * HUES;
/** Of code in no module. */
export const NO_SLOT = MODULE_SLOTS;
/** Coprime to the HUES - 1 that modules share: who has to give way does so to a hue far off. */
const STEP = 4;

export class ModuleSlots {
  readonly #tables: Tables;
  readonly #slots: number[] = [];
  readonly #ofName = new Map<string, number>();
  readonly #isTaken = new Uint8Array(MODULE_SLOTS);
  #frames = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Slots are taken in the order in which modules were first sampled: that of `frames`. */
  slotOf(module: ModuleIndex): number {
    if (module === NONE) return NO_SLOT;
    const { frames } = this.#tables;
    for (; this.#slots[module] === undefined && this.#frames < frames.length; this.#frames++) {
      const each = frames.columns.module[this.#frames]!;
      if (each !== NONE) this.#slots[each] ??= this.#take(each);
    }
    return (this.#slots[module] ??= this.#take(module));
  }

  #take(module: ModuleIndex): number {
    const kind = this.#tables.modules.columns.kind[module];
    if (kind === ModuleKind.kernel || kind === ModuleKind.kernelModule) return KERNEL_SLOT;
    const name = baseName(modulePath(this.#tables, module));
    let slot = this.#ofName.get(name);
    if (slot === undefined) this.#ofName.set(name, (slot = this.#free(hashOf(name))));
    return slot;
  }

  #free(hash: number): number {
    const first = hash % (HUES - 1);
    for (let shade = 0; shade < MODULE_SLOTS; shade += HUES) {
      for (let turn = 0; turn < HUES - 1; turn++) {
        const slot = shade + 1 + ((first + turn * STEP) % (HUES - 1));
        if (this.#isTaken[slot] === 1) continue;
        this.#isTaken[slot] = 1;
        return slot;
      }
    }
    // More modules than anybody tells apart.
    return 1 + first;
  }
}

/** Degrees: the kernel's blue, then the modules', which keep away from it and from the magenta of what matches a search. */
const HUE_DEGREES = [252, 285, 350, 16, 42, 68, 94, 120, 146, 172, 198, 224];
/** OKLCH: labels keep 4.5 to 1 on all of them. */
const LIGHTNESS: Record<Theme, readonly [number, number]> = { dark: [0.77, 0.67], light: [0.84, 0.74] };
const CHROMA = 0.115;
const NO_MODULE: Record<Theme, string> = { dark: '#8a929d', light: '#b4b9c1' };

const colours = new Map<string, string>();

/** "#rrggbb" of a slot. */
export function slotColour(slot: number, theme: Theme): string {
  if (slot >= MODULE_SLOTS) return NO_MODULE[theme];
  const known = `${theme} ${slot}`;
  let colour = colours.get(known);
  if (colour === undefined) {
    colours.set(known, (colour = fromOklch(LIGHTNESS[theme][slot < HUES ? 0 : 1], CHROMA, HUE_DEGREES[slot % HUES]!)));
  }
  return colour;
}

/** OKLCH to sRGB by the matrices of CSS Color 4; what lies outside is cut off. */
function fromOklch(lightness: number, chroma: number, degrees: number): string {
  const a = chroma * Math.cos((degrees * Math.PI) / 180);
  const b = chroma * Math.sin((degrees * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${linear.map((value) => hex(value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)).join('')}`;
}

const hex = (value: number): string => Math.round(255 * Math.min(1, Math.max(0, value))).toString(16).padStart(2, '0');
