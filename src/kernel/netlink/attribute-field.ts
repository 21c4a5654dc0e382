import type { AttributeWriter } from "./attribute-writer.ts";

/** How one attribute is written and read: one line of an `AttributeTable`. */
export interface Field<T> {
  /** Number of the attribute, as IFLA_MTU. */
  readonly type: number;
  write(writer: AttributeWriter, type: number, value: T): void;
  /**
   * Reads the value, which lies in `bytes` from `start` on. Undefined when it cannot be said as a T,
   * null when there is nothing to set: a field may also add to `target`, what the table reads into,
   * itself.
   * @throws RangeError when the value's length is wrong
   */
  read(bytes: Uint8Array, start: number, length: number, target: object): T | undefined | null;
}
