import type { Architecture } from "../build/architecture.ts";

/** What packages are made of. */
export interface PackageOrder {
  /** What `npm run build` makes, for the architecture. */
  readonly dist: string;
  /** The directory that gets the packages. */
  readonly out: string;
  /** Hawser's, as package.json has it. */
  readonly version: string;
  readonly arch: Architecture;
  /** The time that every file gets. */
  readonly epochSeconds: number;
  /** Of zstd; 0 for no compression at all, in tests. */
  readonly level: number;
}
