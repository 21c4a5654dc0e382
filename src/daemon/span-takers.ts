import { defined, type Env } from "../base/index.ts";
import { Spans, sendsSpans } from "../recording/spans/index.ts";
import { CallKeeper, Recorder, Switch } from "../recording/store/index.ts";
import type { SpanTakers } from "./calls/index.ts";
import type { Log } from "./observe/index.ts";

/** So long the end of the daemon waits for the last spans to be taken, in milliseconds. */
const FLUSH_MS = 2000;

/** What takes the daemon's calls: the recording of the node, and an endpoint for spans. */
export async function spanTakers(
  env: Env,
  stateDir: string,
  version: string,
  log: Log,
): Promise<SpanTakers & { readonly flush: () => Promise<void> }> {
  const failed = (reason: string): void => log.warn("no spans", { reason });
  const spans = sendsSpans(env) ? new Spans({ version, failed }) : undefined;
  await spans?.load();
  const at = new Switch(stateDir);
  const recorder = new Recorder(stateDir, at);
  return {
    isRecording: () => at.look() !== undefined,
    isExporting: spans !== undefined,
    taker: new CallKeeper({
      ...{ recorder, ...defined({ spans }) },
      failed: onceInAWhile((reason) => log.warn("not recorded", { reason })),
    }),
    flush: async () => await spans?.flush(FLUSH_MS),
  };
}

const WHILE_MS = 60_000;

/** On a full disk each call fails to be recorded: that is said once a minute. */
function onceInAWhile(say: (reason: string) => void): (reason: string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (reason) => {
    const now = performance.now();
    if (now - last < WHILE_MS) return;
    last = now;
    say(reason);
  };
}
