// Integers of the host's order by their bytes, and not by a DataView: a plugin is a process, whose
// code is hardly ever compiled, and a view costs more than what is read through it. The caller has
// looked that the bytes are there.

export function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function i32At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) | (u16At(bytes, at + 2) << 16);
}

export function u32At(bytes: Uint8Array, at: number): number {
  return i32At(bytes, at) >>> 0;
}

/**
 * The whole words of the bytes, where many are read: one load each. Of bytes that begin between two words
 * it is a copy.
 */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(buffer, byteOffset, bytes.length >> 2);
}
