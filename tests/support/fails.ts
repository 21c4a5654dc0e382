/** What an action failed with, as text; undefined when it did not fail. */
export async function failureOf(action: Promise<unknown>): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    return String(error);
  }
}
