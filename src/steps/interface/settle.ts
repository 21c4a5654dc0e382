import { address, link } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Sides } from "../sides/index.ts";
import { sleep } from "../sleep.ts";

/** Longest wait, and the pause between two looks, in milliseconds. */
const TIMEOUT_MS = 5_000;
const PAUSE_MS = 20;

/**
 * Waits until duplicate address detection has judged every IPv6 address of a link.
 * @throws CniError of code 11 when one is taken already, or when the time is over and the link is
 * connected.
 */
export async function settle(sides: Sides, index: number): Promise<void> {
  for (const end = performance.now() + TIMEOUT_MS; ; await sleep(PAUSE_MS)) {
    const all = address.list(sides.container, { index, family: 6 });
    const failed = all.find(({ dadFailed }) => dadFailed);
    if (failed !== undefined) {
      throw tryAgain(`somebody else has the address ${failed.prefix.ip.toString()}`);
    }
    if (!all.some(({ tentative }) => tentative)) return;
    if (performance.now() <= end) continue;
    // Nothing is detected without a carrier, and there is nobody to have the address either.
    if (link.get(sides.container, { index })?.operstate !== "UP") return;
    throw tryAgain("duplicate address detection takes too long");
  }
}

function tryAgain(msg: string): CniError {
  return new CniError(ErrorCode.TRY_AGAIN_LATER, msg);
}
