import { Attributes, type AttributeWriter } from "../../../src/kernel/netlink/index.ts";

/** The attributes of a message behind its header of `from` bytes; of a type the last counts. */
export function attributesOf(payload: Uint8Array, from: number): Map<number, Uint8Array> {
  const list = Array.from(Attributes.parse(payload.subarray(from)));
  return new Map(list.map(({ type, payload: value }) => [type, value.slice()]));
}

export function writeAll(
  writer: AttributeWriter,
  attributes: ReadonlyMap<number, Uint8Array>,
): AttributeWriter {
  for (const [type, value] of attributes) writer.bytes(type, value);
  return writer;
}

export function number(value: Uint8Array | undefined): number | undefined {
  if (value === undefined) return undefined;
  return new DataView(value.buffer, value.byteOffset).getUint32(0, true);
}

export function text(value: Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined;
  const end = value.indexOf(0);
  return new TextDecoder().decode(end === -1 ? value : value.subarray(0, end));
}

export function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return (a?.toHex() ?? "") === (b?.toHex() ?? "");
}
