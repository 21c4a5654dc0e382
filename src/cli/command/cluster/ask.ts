import { CniError, ErrorCode } from "../../../spec/index.ts";
import { UsageError } from "../../request.ts";
import type { Session } from "../../session.ts";

/**
 * Asks whether to go on, unless `--yes` says so.
 * @throws UsageError where there is no terminal to ask on; CniError for another answer than yes
 */
export async function requireYes(
  { io, json }: Session,
  isSaid: boolean | undefined,
  question: string,
): Promise<void> {
  if (isSaid === true) return;
  if (json || io.ask === undefined) {
    throw new UsageError(`${question}: there is no terminal to ask on, so say --yes`);
  }
  const answer = await io.ask(`${question} [y/N] `);
  if (/^y(?:es)?$/iu.test(answer.trim())) return;
  throw new CniError(ErrorCode.IO_FAILURE, "nothing was done", {
    advice: "answer y, or say --yes",
  });
}
