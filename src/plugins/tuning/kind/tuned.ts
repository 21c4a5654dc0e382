import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Piece } from "../../../state/index.ts";
import type { Before } from "./content.ts";

/** A piece that changes what a backup keeps. */
export interface Tuned extends Piece {
  /** What there is of what it is going to change. */
  before(): Partial<Before>;
}

/** For a rollback, which reports what it could not restore. */
export function throwAny(failures: readonly string[]): void {
  if (failures.length > 0) throw new CniError(ErrorCode.IO_FAILURE, failures.join("; "));
}
