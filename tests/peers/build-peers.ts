import { buildCri } from "../clients/cri.ts";
import { buildLibraries } from "../clients/libraries.ts";
import { buildNewest } from "../support/build-newest.ts";
import { buildCnitool } from "./go-cnitool.ts";

/**
 * Builds every Go program that tests compare with or call plugins by, where Go is; where it is not, those tests say so
 * as they are skipped. It needs the network, so that it goes before the tests and not into them.
 */
export async function buildPeers(): Promise<string[]> {
  const reasons = [await buildNewest(), await buildCnitool(), await buildLibraries()];
  // It takes minutes, so that only CI does it by itself.
  if (process.env["CI"] === "true" || process.env["HAWSER_CONTAINERD"] === "1") {
    reasons.push(await buildCri());
  }
  return reasons.filter((reason) => reason !== undefined);
}

if (import.meta.main) {
  const reasons = await buildPeers();
  console.log(reasons.length === 0 ? "built" : reasons.map((r) => `not built: ${r}`).join("\n"));
}
