import { errorText } from "../../base/index.ts";
import { CniError, ErrorCode, LATEST, printJson } from "../../spec/index.ts";
import { type Begun, decodeRequest } from "../accept/index.ts";
import { factsOf, needsOwnProcess } from "./facts.ts";
import type { Output } from "./output.ts";
import { type CallAnswer, type PerformOptions, perform } from "./perform.ts";
import { shortageIn } from "./shortage.ts";
import { readStdin } from "./stdin.ts";
import { elsewhere } from "./world.ts";

/**
 * Serves a call that has begun; resolves when its answer has been sent. Never throws.
 *
 * A call that is broken off gets no answer. When its connection and its turn are closed, the entry
 * program takes back what was begun and does the call anew, as when this process dies.
 */
export async function serve(
  { payload, netns, pid }: Begun,
  output: Output,
  signal: AbortSignal,
  options: PerformOptions,
): Promise<void> {
  try {
    const request = decodeRequest(payload);
    const stdin = readStdin(request.stdin);
    const reason = needsOwnProcess(request, stdin)
      ? "it names a file by a relative path"
      : elsewhere(pid, request, stdin);
    if (reason !== undefined) {
      options.leftToOthers(factsOf(request, stdin), reason);
      output.decline();
      return;
    }
    const call = {
      request,
      stdin,
      netnsPath: netns === undefined ? "" : `/proc/${process.pid}/fd/${netns}`,
      stderr: (text: string): void => output.stderr(text),
      pid,
      answer: ({ exitCode, stdout }: CallAnswer): void => output.answer(exitCode, stdout),
      signal,
      canReturn: true,
    };
    if ((await perform(call, options)) === "returned") output.decline();
  } catch (error) {
    if (shortageIn(error) !== undefined) return;
    const reason = errorText(error);
    const msg = `the node daemon cannot serve the call: ${reason}`;
    const failure = new CniError(ErrorCode.INTERNAL, msg).toJson(LATEST);
    output.answer(1, printJson(failure, 4));
  }
  await output.left;
}
