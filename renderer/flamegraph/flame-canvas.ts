// SPDX-License-Identifier: Apache-2.0
/**
 * The live picture: has the painter draw what the feed brings and turns pointer positions into frames. No React in it,
 * since pictures come several times a second.
 *
 * The canvas is as large as the view and sticks to its top; a spacer beside it gives the scrolled height.
 */
import type { DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { Feed } from '../app/feed.ts';
import { MERGED, shownNode, type NodeIndex, type Picture } from '../worker/protocol.ts';
import { contentHeight, frameAt, frameOf, parentFrame, rowAt, rowStarts, rowTop, ROW_HEIGHT, type Layout } from './geometry.ts';
import type { FlameScene } from '../painting/messages.ts';
import type { Painter, Surface } from '../painting/painter.ts';
import { paintedPart, type PaintedPicture } from './painter.ts';
import { readLook, type ColourMode, type FlameLook } from './palette.ts';
import { tooltipDetail, tooltipText } from './tooltip.ts';

export interface FlameElements {
  scroller: HTMLElement;
  canvas: HTMLCanvasElement;
  spacer: HTMLElement;
  tooltip: HTMLElement;
  tooltipText: HTMLElement;
  tooltipDetail: HTMLElement;
}

export interface FlameEvents {
  resized(width: number): void;
  drawn(picture: Picture): void;
  /** A frame was clicked: zoom to `node`. A merged block names its parent and selects nothing. */
  picked(node: NodeIndex, merged: boolean): void;
}

export interface Shown {
  layout: Layout;
  zoom: NodeIndex;
  selection: NodeIndex | null;
  colours: ColourMode;
  /** Of what is compared; absent: nothing is. */
  difference?: DifferencePalette;
}

export class FlameCanvas {
  readonly #elements: FlameElements;
  readonly #events: FlameEvents;
  readonly #surface: Surface<FlameScene>;
  readonly #ends: (() => void)[] = [];
  #picture: Picture | null = null;
  #painted: PaintedPicture | null = null;
  #look: FlameLook = readLook('origin');
  #starts: Uint32Array = new Uint32Array(1);
  #shown: Shown = { layout: 'flame', zoom: 0, selection: null, colours: 'origin' };
  /** Of the view, CSS pixels: asking the page may make it lay itself out. */
  #viewWidth = 0;
  #viewHeight = 0;
  #scrollTop = 0;
  #cursor = '';
  #spacerHeight = -1;
  #hovered: { node: NodeIndex; merged: boolean } | null = null;
  #pointer: { x: number; y: number } | null = null;
  /** Distance of the view from the root's end of the content: kept while rows come and go. */
  #fromRoot = 0;
  #scheduled = 0;
  #scrollToZoom = false;
  #unacknowledged: Picture | null = null;

  constructor(elements: FlameElements, feed: Feed<Picture>, painter: Painter, events: FlameEvents) {
    this.#elements = elements;
    this.#events = events;
    this.#surface = painter.flame(elements.canvas, (revision) => this.#drawn(revision));

    const observer = new ResizeObserver(() => this.#resize());
    // Also when the window comes to a screen of another density.
    observer.observe(elements.scroller, { box: 'device-pixel-content-box' });
    this.#ends.push(() => observer.disconnect(), feed.listen((picture) => this.#receive(picture)));
    this.#on(elements.scroller, 'scroll', () => this.#scrolled());
    this.#on(elements.canvas, 'pointermove', (event) => this.#move(event));
    this.#on(elements.canvas, 'pointerleave', () => this.#leave());
    this.#on(elements.canvas, 'click', (event) => this.#click(event));
    this.#resize();
    this.#receive(feed.latest);
  }

  end(): void {
    cancelAnimationFrame(this.#scheduled);
    for (const end of this.#ends) end();
    this.#surface.close();
  }

  get picture(): Picture | null {
    return this.#picture;
  }
  get starts(): Uint32Array {
    return this.#starts;
  }

  show(shown: Shown): void {
    const before = this.#shown;
    this.#shown = shown;
    if (shown.zoom !== before.zoom) this.#scrollToZoom = true;
    if (shown.layout !== before.layout) this.#place();
    if (shown.colours !== before.colours || shown.difference !== before.difference) this.restyle();
    this.#schedule();
  }

  /** The theme has changed. */
  restyle(): void {
    this.#look = readLook(this.#shown.colours, this.#shown.difference);
    this.#schedule();
  }

  /** The frame at a place of the page; null outside of frames. */
  at(clientX: number, clientY: number): { node: NodeIndex; merged: boolean; frame: number } | null {
    const box = this.#elements.canvas.getBoundingClientRect();
    return this.#hit(clientX - box.left, clientY - box.top);
  }

  /** Where a frame lies on the page: for a menu that the keyboard opened. */
  placeOf(node: NodeIndex): { x: number; y: number } | null {
    const frame = this.#picture === null ? -1 : frameOf(this.#picture, node);
    if (frame < 0) return null;
    const box = this.#elements.canvas.getBoundingClientRect();
    const top = rowTop(this.#picture!.depth[frame]!, this.#shown.layout, this.#height()) - this.#scrollTop;
    return { x: box.left + this.#picture!.x[frame]! + 12, y: box.top + top + ROW_HEIGHT };
  }

  /** Scrolls as far as needed to have a frame in view. */
  reveal(node: NodeIndex): void {
    const frame = this.#picture === null ? -1 : frameOf(this.#picture, node);
    if (frame >= 0) this.#revealRow(this.#picture!.depth[frame]!, 2);
  }

  #on<E extends keyof HTMLElementEventMap>(target: HTMLElement, type: E, handler: (event: HTMLElementEventMap[E]) => void): void {
    target.addEventListener(type, handler as EventListener);
    this.#ends.push(() => target.removeEventListener(type, handler as EventListener));
  }

  #receive(picture: Picture | null): void {
    // A picture that never got to the screen is done with, too.
    if (this.#unacknowledged !== null) this.#events.drawn(this.#unacknowledged);
    this.#unacknowledged = picture;
    const first = this.#picture === null;
    this.#picture = picture;
    this.#painted = picture === null ? null : paintedPart(picture);
    this.#starts = picture === null ? new Uint32Array(1) : rowStarts(picture);
    if (picture === null || first) this.#fromRoot = 0;
    this.#place();
    // The painter waits for a frame itself.
    this.#tell();
  }

  #drawn(revision: number): void {
    if (this.#unacknowledged?.revision !== revision) return;
    this.#events.drawn(this.#unacknowledged);
    this.#unacknowledged = null;
  }

  #resize(): void {
    const { scroller, canvas } = this.#elements;
    const [width, height] = [scroller.clientWidth, scroller.clientHeight];
    [this.#viewWidth, this.#viewHeight] = [width, height];
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    if (width > 0) this.#events.resized(width);
    this.#place();
    this.#tell();
    this.#surface.resize({ width, height, ratio: window.devicePixelRatio || 1 });
  }

  #height(): number {
    return Math.max(this.#viewHeight, contentHeight(this.#picture?.rows ?? 0));
  }

  /** Gives the content its height and keeps the distance to the root. */
  #place(): void {
    const { scroller, spacer } = this.#elements;
    const height = this.#height();
    const top = this.#shown.layout === 'flame' ? height - this.#viewHeight - this.#fromRoot : this.#fromRoot;
    if (height - this.#viewHeight !== this.#spacerHeight) {
      this.#spacerHeight = height - this.#viewHeight;
      spacer.style.height = `${this.#spacerHeight}px`;
    }
    if (Math.abs(this.#scrollTop - top) > 0.5) {
      scroller.scrollTop = top;
      // Not always `top`: the page has ends.
      this.#scrollTop = scroller.scrollTop;
    }
    const zoomed = this.#picture?.path.at(-1)?.node;
    if (this.#scrollToZoom && this.#picture !== null && zoomed === shownNode(this.#picture, this.#shown.zoom)) {
      this.#scrollToZoom = false;
      if (zoomed === 0) this.#scrollFromRoot(0);
      else this.#revealRow(this.#picture.path.length - 1, 3);
    }
  }

  #scrolled(): void {
    this.#scrollTop = this.#elements.scroller.scrollTop;
    this.#fromRoot = this.#shown.layout === 'flame' ? this.#height() - this.#viewHeight - this.#scrollTop : this.#scrollTop;
    this.#schedule();
  }

  #scrollFromRoot(distance: number): void {
    const { scroller } = this.#elements;
    scroller.scrollTop = this.#shown.layout === 'flame' ? this.#height() - this.#viewHeight - distance : distance;
  }

  /** Scrolls so that a row and `before` rows towards the root are in view. */
  #revealRow(row: number, before: number): void {
    const nearest = Math.max(0, (row - before) * ROW_HEIGHT);
    const farthest = (row + 2) * ROW_HEIGHT - this.#viewHeight;
    if (this.#fromRoot > nearest) this.#scrollFromRoot(nearest);
    else if (this.#fromRoot < farthest) this.#scrollFromRoot(before > 2 ? nearest : farthest);
  }

  #hit(x: number, y: number): { node: NodeIndex; merged: boolean; frame: number } | null {
    if (this.#picture === null) return null;
    const row = rowAt(y + this.#scrollTop, this.#shown.layout, this.#height());
    const frame = frameAt(this.#picture, this.#starts, x, row);
    return frame < 0 ? null : { node: this.#picture.node[frame]!, merged: this.#picture.name[frame] === MERGED, frame };
  }

  #move(event: PointerEvent): void {
    const box = this.#elements.canvas.getBoundingClientRect();
    this.#pointer = { x: event.clientX - box.left, y: event.clientY - box.top };
    const hit = this.#hit(this.#pointer.x, this.#pointer.y);
    this.#hovered = hit === null ? null : { node: hit.node, merged: hit.merged };
    this.#schedule();
  }

  #leave(): void {
    this.#pointer = null;
    this.#hovered = null;
    this.#schedule();
  }

  #click(event: MouseEvent): void {
    const hit = this.at(event.clientX, event.clientY);
    if (hit === null || this.#picture === null) return;
    if (!hit.merged) return this.#events.picked(hit.node, false);
    const parent = parentFrame(this.#picture, this.#starts, hit.frame);
    if (parent >= 0) this.#events.picked(this.#picture.node[parent]!, true);
  }

  #schedule(): void {
    if (this.#scheduled !== 0) return;
    this.#scheduled = requestAnimationFrame(() => this.#tell());
  }

  /** Tells the painter what is to be seen now, and the tooltip. */
  #tell(): void {
    cancelAnimationFrame(this.#scheduled);
    this.#scheduled = 0;
    const hover = this.#hoveredFrame();
    const { layout } = this.#shown;
    const selection = this.#selection();
    const [height, scrollTop] = [this.#height(), this.#scrollTop];
    this.#surface.change({ picture: this.#painted, layout, height, scrollTop, selection, hover, look: this.#look });
    const cursor = hover >= 0 ? 'pointer' : 'default';
    if (cursor !== this.#cursor) this.#elements.canvas.style.cursor = this.#cursor = cursor;
    this.#explain(hover);
  }

  /** By its number in the picture. */
  #selection(): NodeIndex | null {
    const { selection } = this.#shown;
    return selection === null || this.#picture === null ? selection : shownNode(this.#picture, selection);
  }

  /** The hovered node keeps its highlight while updates move it; when it is gone, what lies there now. */
  #hoveredFrame(): number {
    if (this.#pointer === null || this.#picture === null) return -1;
    const kept = this.#hovered === null || this.#hovered.merged ? -1 : frameOf(this.#picture, this.#hovered.node);
    if (kept >= 0) return kept;
    const hit = this.#hit(this.#pointer.x, this.#pointer.y);
    this.#hovered = hit === null ? null : { node: hit.node, merged: hit.merged };
    return hit?.frame ?? -1;
  }

  /** Puts the tooltip beside the pointer, inside of the view. */
  #explain(frame: number): void {
    const { tooltip, tooltipText: text, tooltipDetail: detail } = this.#elements;
    const isHidden = frame < 0 || this.#pointer === null;
    if (isHidden !== tooltip.hidden) tooltip.hidden = isHidden;
    if (frame < 0 || this.#pointer === null || this.#picture === null) return;
    const told = [tooltipText(this.#picture, frame), tooltipDetail(this.#picture, frame)] as const;
    if (text.textContent !== told[0]) text.textContent = told[0];
    if (detail.textContent !== told[1]) detail.textContent = told[1];
    const left = Math.max(4, Math.min(this.#pointer.x + 14, this.#viewWidth - tooltip.offsetWidth - 4));
    const below = this.#pointer.y + 18;
    const top = below + tooltip.offsetHeight > this.#viewHeight - 4 ? this.#pointer.y - tooltip.offsetHeight - 10 : below;
    tooltip.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(4, top))}px)`;
  }
}
