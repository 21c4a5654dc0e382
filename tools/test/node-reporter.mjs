/**
 * A reporter for `node --test` that prints one JSON object a test. Node's own junit reporter is not
 * in every Node 20, and this one is what the runner needs.
 */
// biome-ignore lint/style/noDefaultExport: node --test-reporter takes the default export
export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") {
      continue;
    }
    if (data.details?.type === "suite" && type === "test:pass") {
      continue;
    }
    const skipped = data.skip !== undefined || data.todo !== undefined;
    const status = type === "test:fail" ? "failed" : skipped ? "skipped" : "passed";
    const reason = typeof data.skip === "string" ? ` (skipped: needs ${data.skip})` : "";
    const error = data.details?.error;
    yield `${JSON.stringify({ name: `${data.name}${reason}`, status, error: told(error) })}\n`;
  }
}

/** The test's own error is the cause of the one that Node reports. */
function told(error) {
  return error === undefined ? undefined : String((error.cause ?? error).stack ?? error);
}
