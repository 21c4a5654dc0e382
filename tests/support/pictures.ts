import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

/** Pictures of pages, compared. */

/**
 * How much of a picture may differ. Releases of Chromium draw the edges of letters and curves a little
 * differently, which `pixelmatch` mostly knows for anti-aliasing; a word that is another one, or a panel that
 * has moved by some pixels, is more than this.
 */
export const TOLERANCE = 0.004;
/** Of a pixel's colour, from 0 to 1. */
const THRESHOLD = 0.15;

export interface Difference {
  /** The part of the pixels that differ. */
  readonly part: number;
  /** Both pictures' difference, as a picture. */
  readonly picture: Buffer;
}

/** How two pictures differ; all of it does when their sizes do. */
export function difference(one: Uint8Array, other: Uint8Array): Difference {
  const [a, b] = [PNG.sync.read(Buffer.from(one)), PNG.sync.read(Buffer.from(other))];
  const { width, height } = a;
  if (width !== b.width || height !== b.height) return { part: 1, picture: Buffer.from(other) };
  const shown = new PNG({ width, height });
  const count = pixelmatch(a.data, b.data, shown.data, width, height, { threshold: THRESHOLD });
  return { part: count / (width * height), picture: PNG.sync.write(shown) };
}
