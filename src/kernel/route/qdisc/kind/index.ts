import { defined } from "../../../../base/index.ts";
import { decodeTbf, type TbfInfo } from "./tbf.ts";

export { encodeTbf, type TbfInfo } from "./tbf.ts";

/** Settings that belong to one kind of qdisc, under the kind's name. */
export interface KindSettings {
  readonly tbf?: TbfInfo | undefined;
  /** TCA_OPTIONS as it is, for a kind that is not known here. */
  readonly options?: Uint8Array | undefined;
}

/**
 * Reads TCA_OPTIONS of a kind; empty for a kind that is not known here. Not every kind has attributes
 * in it: those of `pfifo` are a bare number.
 */
export function decodeKind(kind: string, options: Uint8Array): Omit<KindSettings, "options"> {
  return kind === "tbf" ? defined({ tbf: decodeTbf(options) }) : {};
}
