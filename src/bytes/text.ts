let decoder: TextDecoder | undefined;

/** As many arguments as a call can safely have. */
const SHORT = 1024;
const BEYOND_ASCII = /[\u0080-\u00ff]/u;

/**
 * UTF-8 bytes as text; broken sequences become U+FFFD.
 * Short ASCII, which nearly all names in the kernel are, goes without TextDecoder: its first use in
 * a process costs over a millisecond, and a plugin is a process.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) {
    // An array-like of numbers, which the types of `apply` do not name.
    const text = String.fromCharCode.apply(null, bytes as unknown as number[]);
    if (!BEYOND_ASCII.test(text)) return text;
  }
  decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(bytes);
}

/** The first bytes of a stranger's text, for people: what is not printable ASCII becomes "?". */
export function printableAscii(bytes: Uint8Array, longest: number): string {
  return Array.from(bytes.subarray(0, longest), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?",
  ).join("");
}
