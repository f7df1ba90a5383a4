// SPDX-License-Identifier: Apache-2.0
/** The screens of the window, in the order of the rail. A new one is a line here and a name in `ScreenName`. */
import { Activity, ArrowRightLeft, LibraryBig, SquareFunction, Stethoscope, type LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import { CompareScreen } from '../compare/CompareScreen.tsx';
import { DoctorScreen } from '../doctor/DoctorScreen.tsx';
import { FunctionsScreen } from '../functions/FunctionsScreen.tsx';
import { LibraryScreen } from '../library/LibraryScreen.tsx';
import { Live } from '../live/Live.tsx';
import type { AppState } from './store.ts';

export type ScreenName = 'live' | 'functions' | 'library' | 'compare' | 'doctor';

export interface Screen {
  name: ScreenName;
  title: string;
  icon: LucideIcon;
  /** Fills `side`, `main` and `info` of the window's grid, or only `main` where it has no sides. */
  component: ComponentType;
  hasSides(state: AppState): boolean;
}

export const screens: readonly Screen[] = [
  { name: 'live', title: 'Live', icon: Activity, component: Live, hasSides: (state) => state.recording !== null },
  { name: 'functions', title: 'Functions', icon: SquareFunction, component: FunctionsScreen, hasSides: () => true },
  { name: 'library', title: 'Library', icon: LibraryBig, component: LibraryScreen, hasSides: () => false },
  { name: 'compare', title: 'Compare', icon: ArrowRightLeft, component: CompareScreen, hasSides: () => true },
  { name: 'doctor', title: 'Doctor', icon: Stethoscope, component: DoctorScreen, hasSides: () => false },
];
