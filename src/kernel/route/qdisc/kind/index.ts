import { Attributes, type AttributeWriter } from "../../../netlink/index.ts";
import { present } from "../../present.ts";
import { decodeTbf, encodeTbf, type TbfInfo } from "./tbf.ts";

export type { TbfInfo } from "./tbf.ts";

/** Settings that belong to one kind of qdisc, under the kind's name. */
export interface KindSettings {
  readonly tbf?: TbfInfo | undefined;
  /** TCA_OPTIONS as it is, for a kind that is not known here. */
  readonly options?: Uint8Array | undefined;
}

/** What writes TCA_OPTIONS for these settings; undefined when there is nothing to write. */
export function kindEncoder({
  tbf,
}: KindSettings): ((writer: AttributeWriter) => void) | undefined {
  return tbf === undefined ? undefined : (writer) => encodeTbf(writer, tbf);
}

/**
 * Reads TCA_OPTIONS of a kind; empty for a kind that is not known here. Not every kind has attributes
 * in it: those of `pfifo` are a bare number.
 */
export function decodeKind(kind: string, options: Uint8Array): Omit<KindSettings, "options"> {
  return kind === "tbf" ? present("tbf", decodeTbf(Attributes.parse(options))) : {};
}
