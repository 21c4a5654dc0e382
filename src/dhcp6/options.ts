import { ByteReader, ByteWriter } from "../bytes/index.ts";

/** An option as it stands in a message or inside another option. */
export type Option = readonly [code: number, value: Uint8Array];

/** More of them in one place are no message for a client; a server decides how many it sends. */
const MANY = 128;

/**
 * Reads options up to the end of the bytes.
 * @throws RangeError when one runs over the end, or when there are too many
 */
export function decodeOptions(bytes: Uint8Array): Option[] {
  const reader = new ByteReader(bytes);
  const options: Option[] = [];
  while (reader.remaining > 0) {
    if (options.length === MANY) throw new RangeError(`more than ${MANY} options`);
    const code = reader.u16be();
    options.push([code, reader.bytes(reader.u16be())]);
  }
  return options;
}

/** Writes options in their order. */
export function encodeOptions(options: readonly Option[]): Uint8Array {
  const writer = new ByteWriter();
  for (const [code, value] of options) writer.u16be(code).u16be(value.length).bytes(value);
  return writer.finish();
}

/** The first option of a code. */
export function optionOf(options: readonly Option[], code: number): Uint8Array | undefined {
  return options.find(([found]) => found === code)?.[1];
}
