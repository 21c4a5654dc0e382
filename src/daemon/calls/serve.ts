import { CniError, ErrorCode, LATEST, printJson } from "../../spec/index.ts";
import type { Begun } from "../acceptor/index.ts";
import { decodeRequest } from "../protocol/index.ts";
import type { Output } from "./output.ts";
import { type PerformOptions, perform } from "./perform.ts";
import { needsOwnPlace } from "./place.ts";

/** Serves one call that has begun, to its answer. Never throws. */
export async function serve(
  { payload, netns }: Begun,
  output: Output,
  signal: AbortSignal,
  options: PerformOptions,
): Promise<void> {
  try {
    const netnsPath = netns === undefined ? undefined : `/proc/${process.pid}/fd/${netns}`;
    const stderr = (text: string): void => output.stderr(text);
    const request = decodeRequest(payload);
    if (needsOwnPlace(request)) {
      output.decline();
      return;
    }
    const call = { request, netnsPath, stderr, signal };
    const { exitCode, stdout } = await perform(call, options);
    await output.answer(exitCode, stdout);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const msg = `the node daemon cannot serve the call: ${reason}`;
    const told = new CniError(ErrorCode.INTERNAL, msg).toJson(LATEST);
    await output.answer(1, printJson(told, 4));
  }
}
