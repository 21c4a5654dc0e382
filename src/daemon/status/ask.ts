/** What a daemon said about itself. */
export interface StatusAnswer {
  readonly ready: boolean;
  readonly [name: string]: unknown;
}

const PATIENCE_MS = 5000;

/** Asks the daemon at a status socket; undefined when none answers. */
export async function askStatus(path: string): Promise<StatusAnswer | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch("http://daemon/status", { unix: path, signal });
    const answer: unknown = await response.json();
    return isStatus(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is StatusAnswer {
  return (
    typeof value === "object" &&
    value !== null &&
    "ready" in value &&
    typeof value.ready === "boolean"
  );
}
