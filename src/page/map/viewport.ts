import { batch, type Signal, signal } from "@preact/signals";
import type { Rect } from "../../topology/layout/index.ts";

const LEAST = 0.04;
const MOST = 3;
/** Around what is brought into view. */
const MARGIN = 40;
/** Everything in view is drawn no larger than this. */
const FIT_MOST = 1.1;
/** What is read with the keyboard is at least this large. */
const READABLE = 0.7;
/** A part is shown first where it comes out so much larger than the whole. */
const WORTH = 1.3;
/** A phone's width, where a part at a time is what readers are used to. */
const NARROW = 600;
/** Beside a network that fills it. */
const EDGE = 8;

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Drawing extends Size {
  /** The networks in it. */
  readonly frames: readonly Rect[];
}

/** Which part of the drawing is seen, and how large. */
export class Viewport {
  readonly x: Signal<number> = signal(0);
  readonly y: Signal<number> = signal(0);
  readonly scale: Signal<number> = signal(1);
  /** Of the element that it is seen in. */
  #width = 0;
  #height = 0;
  /** What is drawn. */
  #drawing: Drawing | undefined;
  /** The reader has moved it, or what was chosen has. */
  #isMoved = false;
  /** The reader wants everything, however small. */
  #isWhole = false;

  /** Until the reader has moved it, everything stays in view while its element changes its size. */
  resize(width: number, height: number): void {
    const isSame = width === this.#width && height === this.#height;
    this.#width = width;
    this.#height = height;
    if (!isSame) this.#fitUnlessMoved();
  }

  /**
   * Everything is in view, or the networks where everything would be too small to read, or on a phone the first
   * of them where all would be. That holds for each new drawing until the reader has moved it.
   */
  place(drawing: Drawing): void {
    if (drawing === this.#drawing) return;
    this.#drawing = drawing;
    this.#fitUnlessMoved();
  }

  /** For a drawing that the reader has chosen anew: what was moved before was another one. */
  begin(drawing: Drawing): void {
    this.#isMoved = false;
    this.#isWhole = false;
    this.#drawing = drawing;
    this.#fitUnlessMoved();
  }

  #fitUnlessMoved(): void {
    if (this.#drawing === undefined || this.#width === 0 || this.#isMoved) return;
    if (this.#isWhole) this.#fit(this.#drawing);
    else this.#fitFirst(this.#drawing);
  }

  #fitFirst(drawing: Drawing): void {
    this.#fit(drawing);
    const { frames } = drawing;
    const isNarrow = this.#width < NARROW;
    const enough = isNarrow ? READABLE : READABLE / 2;
    if (frames.length === 0 || this.scale.peek() >= enough) return;
    const part = around(frames);
    if (this.#scaleOf(part) > this.scale.peek() * WORTH) this.#fitTo(part);
    if (isNarrow && this.scale.peek() < READABLE) this.#beginAt(highest(frames));
  }

  /** At the corner of a network, large enough to be read: the others follow as the drawing is moved. */
  #beginAt({ x, y, width }: Rect): void {
    const filling = this.#width / (width + 2 * EDGE);
    const scale = Math.min(FIT_MOST, Math.max(READABLE, filling));
    batch(() => {
      this.scale.value = scale;
      this.x.value = (EDGE - x) * scale;
      this.y.value = (EDGE - y) * scale;
    });
  }

  /** Everything in view, and from then on whatever size the element or the drawing gets. */
  fit(drawing: Drawing): void {
    this.#drawing = drawing;
    this.#isMoved = false;
    this.#isWhole = true;
    this.#fit(drawing);
  }

  #fit(size: Size): void {
    const { width, height } = size;
    batch(() => {
      this.scale.value = this.#scaleOf(size);
      this.x.value = (this.#width - width * this.scale.value) / 2;
      this.y.value = (this.#height - height * this.scale.value) / 2;
    });
  }

  /** Everything of these in view, and large enough to be read where there is room, if that is not so already. */
  show(rects: readonly Rect[]): void {
    if (rects.length === 0 || this.#width === 0) return;
    const part = around(rects);
    const [scale, x, y] = [this.scale.peek(), this.x.peek(), this.y.peek()];
    const most = this.#scaleOf(part);
    const isSeen =
      (part.x + MARGIN) * scale + x >= 0 &&
      (part.y + MARGIN) * scale + y >= 0 &&
      (part.x + part.width - MARGIN) * scale + x <= this.#width &&
      (part.y + part.height - MARGIN) * scale + y <= this.#height;
    if (isSeen && scale >= Math.min(READABLE, most / WORTH)) return;
    this.#isMoved = true;
    if (most <= READABLE) this.#fitTo(part);
    else this.#center(part, Math.min(most, Math.max(scale, READABLE)));
  }

  #fitTo(part: Rect): void {
    this.#center(part, this.#scaleOf(part));
  }

  #center({ x, y, width, height }: Rect, scale: number): void {
    batch(() => {
      this.scale.value = scale;
      this.x.value = this.#width / 2 - (x + width / 2) * scale;
      this.y.value = this.#height / 2 - (y + height / 2) * scale;
    });
  }

  #scaleOf({ width, height }: Size): number {
    return bounded(Math.min(FIT_MOST, this.#width / width, this.#height / height));
  }

  pan(dx: number, dy: number): void {
    this.#isMoved = true;
    batch(() => {
      this.x.value += dx;
      this.y.value += dy;
    });
  }

  /** Around a point of the element, which stays where it is; the middle where none is given. */
  zoom(factor: number, x: number = this.#width / 2, y: number = this.#height / 2): void {
    this.#isMoved = true;
    const before = this.scale.peek();
    const scale = bounded(before * factor);
    batch(() => {
      this.scale.value = scale;
      this.x.value = x - ((x - this.x.peek()) * scale) / before;
      this.y.value = y - ((y - this.y.peek()) * scale) / before;
    });
  }

  /** Brings something into view, no further than is needed. */
  reveal(rect: Rect): void {
    if (this.scale.peek() < READABLE) this.zoom(READABLE / this.scale.peek());
    const scale = this.scale.peek();
    const [left, top] = [rect.x * scale + this.x.peek(), rect.y * scale + this.y.peek()];
    this.pan(
      shift(left, rect.width * scale, this.#width),
      shift(top, rect.height * scale, this.#height),
    );
  }
}

/** All of them, with a margin. */
function around(rects: readonly Rect[]): Rect {
  const left = Math.min(...rects.map(({ x }) => x)) - MARGIN;
  const top = Math.min(...rects.map(({ y }) => y)) - MARGIN;
  const right = Math.max(...rects.map(({ x, width }) => x + width)) + MARGIN;
  const bottom = Math.max(...rects.map(({ y, height }) => y + height)) + MARGIN;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The one that is read first. */
function highest(rects: readonly Rect[]): Rect {
  return rects.reduce((first, each) => {
    const isBefore = each.y < first.y || (each.y === first.y && each.x < first.x);
    return isBefore ? each : first;
  });
}

function shift(start: number, length: number, room: number): number {
  if (start < MARGIN) return MARGIN - start;
  const over = start + length - (room - MARGIN);
  return over > 0 ? -Math.min(over, start - MARGIN) : 0;
}

function bounded(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale));
}
