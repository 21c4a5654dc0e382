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

/** Which part of the drawing is seen, and how large. */
export class Viewport {
  readonly x: Signal<number> = signal(0);
  readonly y: Signal<number> = signal(0);
  readonly scale: Signal<number> = signal(1);
  /** Of the element that it is seen in. */
  #width = 0;
  #height = 0;
  #isPlaced = false;

  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
  }

  /** The first time everything is in view; later the reader has moved it. */
  place(drawing: { readonly width: number; readonly height: number }): void {
    if (this.#isPlaced || this.#width === 0) return;
    this.#isPlaced = true;
    this.fit(drawing);
  }

  fit({ width, height }: { readonly width: number; readonly height: number }): void {
    const scale = Math.min(FIT_MOST, this.#width / width, this.#height / height);
    batch(() => {
      this.scale.value = bounded(scale);
      this.x.value = (this.#width - width * this.scale.value) / 2;
      this.y.value = (this.#height - height * this.scale.value) / 2;
    });
  }

  /** Everything of these in view, where that is not so already. */
  show(rects: readonly Rect[]): void {
    if (rects.length === 0 || this.#width === 0) return;
    const left = Math.min(...rects.map(({ x }) => x)) - MARGIN;
    const top = Math.min(...rects.map(({ y }) => y)) - MARGIN;
    const right = Math.max(...rects.map(({ x, width }) => x + width)) + MARGIN;
    const bottom = Math.max(...rects.map(({ y, height }) => y + height)) + MARGIN;
    const [scale, x, y] = [this.scale.peek(), this.x.peek(), this.y.peek()];
    const isSeen =
      (left + MARGIN) * scale + x >= 0 &&
      (top + MARGIN) * scale + y >= 0 &&
      (right - MARGIN) * scale + x <= this.#width &&
      (bottom - MARGIN) * scale + y <= this.#height;
    if (isSeen) return;
    this.fit({ width: right - left, height: bottom - top });
    this.pan(-left * this.scale.peek(), -top * this.scale.peek());
  }

  pan(dx: number, dy: number): void {
    batch(() => {
      this.x.value += dx;
      this.y.value += dy;
    });
  }

  /** Around a point of the element, which stays where it is; the middle where none is given. */
  zoom(factor: number, x: number = this.#width / 2, y: number = this.#height / 2): void {
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

function shift(start: number, length: number, room: number): number {
  if (start < MARGIN) return MARGIN - start;
  const over = start + length - (room - MARGIN);
  return over > 0 ? -Math.min(over, start - MARGIN) : 0;
}

function bounded(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale));
}
