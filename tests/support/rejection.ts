/** What a promise rejects with; an error when it does not reject with an error of that kind. */
export async function rejection<T extends Error = Error>(
  promise: Promise<unknown>,
  kind?: abstract new (...parameters: never[]) => T,
): Promise<T> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    if (thrown instanceof (kind ?? Error)) return thrown as T;
    throw thrown;
  }
  throw new Error(`it did not reject, but gave ${JSON.stringify(value)}`);
}
