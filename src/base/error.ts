/** What a thrown value says: the message of an error, the text of anything else. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The name of the errno that an error, or its cause, bears, such as `ENOENT`; "" without one. */
export function errnoName(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  if ("code" in thrown && typeof thrown.code === "string") return thrown.code;
  return errnoName(thrown.cause);
}
