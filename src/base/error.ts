/** What a thrown value says: the message of an error, or its name where it has none, the text of anything else. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === "" ? thrown.name : thrown.message;
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  try {
    return String(JSON.stringify(thrown));
  } catch {
    return "an object"; // with a circle in it, or with numbers that JSON has not
  }
}

/** The name of the errno that an error, or its cause, bears, such as `ENOENT`; "" without one. */
export function errnoName(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  if ("code" in thrown && typeof thrown.code === "string") return thrown.code;
  return errnoName(thrown.cause);
}
