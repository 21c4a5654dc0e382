let decoder: TextDecoder | undefined;

/**
 * UTF-8 bytes as text; broken sequences become U+FFFD.
 * ASCII, which nearly all names in the kernel are, goes without TextDecoder: its first use in a
 * process costs over a millisecond, and a plugin is a process.
 */
export function decodeText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) {
      decoder ??= new TextDecoder("utf-8", { ignoreBOM: true });
      return decoder.decode(bytes);
    }
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The first bytes of a stranger's text, for people: what is not printable ASCII becomes "?". */
export function printableAscii(bytes: Uint8Array, longest: number): string {
  return Array.from(bytes.subarray(0, longest), (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?",
  ).join("");
}
