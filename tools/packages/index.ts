/** Makes the packages of distributions from what is built. */
import { makeDeb } from "./deb.ts";
import type { PackageOrder } from "./order.ts";
import { makeRpm } from "./rpm.ts";

export { PackageFailure } from "./content.ts";
export type { PackageOrder } from "./order.ts";

/** Of releases: a higher one costs minutes, and saves a tenth. */
const LEVEL = 9;

/**
 * The packages of one architecture, as files in `out`; the same bytes for the same sources and time.
 * @throws PackageFailure when a tool refuses, or the build is not whole
 */
export async function makePackages({
  level = LEVEL,
  ...order
}: Omit<PackageOrder, "level"> & Partial<Pick<PackageOrder, "level">>): Promise<string[]> {
  return [await makeDeb({ ...order, level }), await makeRpm({ ...order, level })];
}
