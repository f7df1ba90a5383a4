// SPDX-License-Identifier: Apache-2.0
/** What is used of d3-flame-graph 5, which has no types of its own. */
declare module 'd3-flame-graph' {
  import type { HierarchyRectangularNode } from 'd3-hierarchy';
  import type { Selection } from 'd3-selection';

  export type ChartNode<Datum> = HierarchyRectangularNode<Datum> & { highlight?: boolean };

  interface Tooltip<Datum> {
    (): void;
    show(event: MouseEvent, node: ChartNode<Datum>): void;
    hide(): void;
  }

  export interface FlameGraph<Datum> {
    (selection: Selection<HTMLElement, Datum, null, undefined>): void;
    width(pixels: number): this;
    cellHeight(pixels: number): this;
    minFrameSize(pixels: number): this;
    transitionDuration(milliseconds: number): this;
    inverted(isIcicle: boolean): this;
    tooltip(tooltip: Tooltip<Datum>): this;
    setLabelHandler(label: (node: ChartNode<Datum>) => string): this;
    setColorMapper(colour: (node: ChartNode<Datum>) => string): this;
    setSearchMatch(match: (node: ChartNode<Datum>, term: string) => boolean): this;
    setSearchHandler(handle: (found: ChartNode<Datum>[]) => void): this;
    setDetailsHandler(show: (label: string | null) => void): this;
    onClick(handle: (node: ChartNode<Datum>) => void): this;
    onHover(handle: (node: ChartNode<Datum>) => void): this;
    search(term: string): void;
    clear(): void;
    zoomTo(node: ChartNode<Datum>): void;
    update(): this;
  }

  export default function flamegraph<Datum>(): FlameGraph<Datum>;
}

declare module '*.css';
