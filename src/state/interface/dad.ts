import { address, link, RTNLGRP_IPV6_IFADDR } from "../../kernel/route/index.ts";
import { waitFor } from "../events/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { tryAgain } from "../try-again.ts";

/** Longest wait, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Waits until duplicate address detection has judged every IPv6 address of a link.
 * @throws CniError of code 11 when one is taken already, or when the time is over and the link is
 * connected.
 */
export async function waitForDad(namespaces: Namespaces, index: number): Promise<void> {
  if (isCutOff(namespaces, index)) return;
  const isDone = await waitFor({
    netns: namespaces.netns,
    groups: [RTNLGRP_IPV6_IFADDR],
    look: () => (isJudged(namespaces, index) ? true : undefined),
    timeoutMs: TIMEOUT_MS,
  });
  if (isDone === true) return;
  // Nothing is detected without a carrier, and no other host could have the address either.
  namespaces.containerLinks.forget();
  if (namespaces.containerLinks.get({ index })?.operstate !== "UP") return;
  throw tryAgain("duplicate address detection takes too long");
}

/**
 * Nothing is detected without a carrier. A link that stands on another has its carrier from the
 * beginning; that of a device which has just been switched on comes by and by.
 */
function isCutOff({ containerLinks }: Namespaces, index: number): boolean {
  const own = containerLinks.get({ index });
  return own?.linkIndex !== undefined && (own.flags & link.IFF_LOWER_UP) === 0;
}

function isJudged(namespaces: Namespaces, index: number): boolean {
  const all = address.list(namespaces.container, { index, family: 6 });
  const failed = all.find(({ dadFailed }) => dadFailed);
  if (failed === undefined) return !all.some(({ tentative }) => tentative);
  throw tryAgain(`somebody else has the address ${failed.prefix.ip.toString()}`);
}
