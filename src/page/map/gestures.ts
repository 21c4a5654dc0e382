import { useEffect } from "preact/hooks";
import type { Viewport } from "./viewport.ts";

/** A hand that trembles chooses, and does not drag. */
const DRAG_MIN = 4;
const LINE_PX = 16;
const WHEEL = 0.0016;

interface Holder {
  readonly current: SVGSVGElement | null;
}

/** Wheel, drag and two fingers move and enlarge the drawing. */
export function useGestures(holder: Holder, viewport: Viewport): void {
  useEffect(() => {
    const { current } = holder;
    if (current === null) return undefined;
    const gestures = new Gestures(current, viewport);
    const ends = new AbortController();
    const { signal } = ends;
    current.addEventListener("wheel", (event) => gestures.wheel(event), { signal, passive: false });
    current.addEventListener("pointerdown", (event) => gestures.down(event), { signal });
    current.addEventListener("pointermove", (event) => gestures.move(event), { signal });
    current.addEventListener("pointerup", (event) => gestures.up(event), { signal });
    current.addEventListener("pointercancel", (event) => gestures.up(event), { signal });
    current.addEventListener("click", (event) => gestures.click(event), { signal, capture: true });
    return () => ends.abort();
  }, [holder, viewport]);
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

class Gestures {
  readonly #element: SVGSVGElement;
  readonly #viewport: Viewport;
  readonly #pointers = new Map<number, Spot>();
  #start: Spot | undefined;
  #isDragging = false;

  constructor(element: SVGSVGElement, viewport: Viewport) {
    this.#element = element;
    this.#viewport = viewport;
  }

  /** A pinch of a touchpad comes as a wheel with Ctrl. */
  wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const faster = event.ctrlKey ? 4 : 1;
    const { x, y } = this.#spot(event);
    this.#viewport.zoom(Math.exp(-event.deltaY * unit * WHEEL * faster), x, y);
  }

  down(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    const spot = this.#spot(event);
    this.#pointers.set(event.pointerId, spot);
    this.#start = spot;
    if (this.#pointers.size === 1) this.#isDragging = false;
  }

  move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const spot = this.#spot(event);
    if (!this.#isDragging) {
      const { x, y } = this.#start ?? spot;
      if (Math.hypot(spot.x - x, spot.y - y) < DRAG_MIN && this.#pointers.size === 1) return;
      this.#isDragging = true;
      this.#element.setPointerCapture(event.pointerId);
    }
    const [other] = [...this.#pointers].filter(([id]) => id !== event.pointerId);
    if (other === undefined) {
      this.#viewport.pan(spot.x - before.x, spot.y - before.y);
    } else {
      const [, still] = other;
      const from = Math.hypot(before.x - still.x, before.y - still.y);
      const to = Math.hypot(spot.x - still.x, spot.y - still.y);
      if (from > 0) this.#viewport.zoom(to / from, (spot.x + still.x) / 2, (spot.y + still.y) / 2);
    }
    this.#pointers.set(event.pointerId, spot);
  }

  up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
  }

  /** What ends a drag chooses nothing. */
  click(event: MouseEvent): void {
    if (!this.#isDragging) return;
    this.#isDragging = false;
    event.stopPropagation();
    event.preventDefault();
  }

  #spot({ clientX, clientY }: MouseEvent): Spot {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}
