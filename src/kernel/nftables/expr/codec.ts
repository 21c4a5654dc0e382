import type { Attributes, AttributeWriter } from "../../netlink/index.ts";

/** How one kind of expression stands in a message. */
export interface ExpressionCodec<E> {
  /** Name the kernel knows it by (`NFTA_EXPR_NAME`). */
  readonly name: string;
  /** Attributes that `decode` understands; an expression with others is kept raw. */
  readonly known: ReadonlySet<number>;
  /** Writes the content of `NFTA_EXPR_DATA`, in the order of nft. */
  encode(writer: AttributeWriter, expression: E): void;
  /** Reads it; undefined when it is a form that E cannot say, which is then kept raw. */
  decode(attributes: Attributes): E | undefined;
}

/** Writes a number in network order when there is one. */
export function optionalBe32(
  writer: AttributeWriter,
  type: number,
  value: number | undefined,
): void {
  if (value !== undefined) writer.be32(type, value);
}
