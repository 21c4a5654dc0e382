import { errorText } from "../../base/index.ts";
import { CniError, ErrorCode, LATEST, printJson } from "../../spec/index.ts";
import { type Begun, decodeRequest } from "../accept/index.ts";
import { needsOwnProcess } from "./facts.ts";
import type { Output } from "./output.ts";
import { type CallAnswer, type PerformOptions, perform } from "./perform.ts";
import { readStdin } from "./stdin.ts";
import { elsewhere } from "./world.ts";

/** Serves a call that has begun; resolves when its answer has been sent. Never throws. */
export async function serve(
  { payload, netns, pid }: Begun,
  output: Output,
  signal: AbortSignal,
  options: PerformOptions,
): Promise<void> {
  try {
    const request = decodeRequest(payload);
    const stdin = readStdin(request.stdin);
    if (needsOwnProcess(request, stdin) || elsewhere(pid, request, stdin) !== undefined) {
      output.decline();
      return;
    }
    const call = {
      request,
      stdin,
      netnsPath: netns === undefined ? "" : `/proc/${process.pid}/fd/${netns}`,
      stderr: (text: string): void => output.stderr(text),
      answer: ({ exitCode, stdout }: CallAnswer): void => output.answer(exitCode, stdout),
      signal,
      canReturn: true,
    };
    if ((await perform(call, options)) === "returned") output.decline();
  } catch (error) {
    const reason = errorText(error);
    const msg = `the node daemon cannot serve the call: ${reason}`;
    const failure = new CniError(ErrorCode.INTERNAL, msg).toJson(LATEST);
    output.answer(1, printJson(failure, 4));
  }
  await output.left;
}
