/** In base64, as the build puts it into the executable; "" where it had no C compiler. */
declare const ENTRY_PROGRAM: string;

/** The entry program that this executable holds; undefined when it has none, as when Bun runs its sources. */
export function embeddedEntryProgram(): Uint8Array | undefined {
  if (typeof ENTRY_PROGRAM !== "string" || ENTRY_PROGRAM === "") return undefined;
  return new Uint8Array(Buffer.from(ENTRY_PROGRAM, "base64"));
}
