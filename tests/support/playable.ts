import { type Feature, has } from "./features.ts";

/**
 * Whether this kernel has what a campaign's subject needs. Campaigns play thousands of programs, so
 * what this kernel lacks is not a skipped test of theirs: `npm run test:lab -- tests/faults` plays it,
 * and the plugins' own tests are owed to the kernel lab in any case.
 */
export function isPlayable(features: readonly Feature[]): boolean {
  return features.every((feature) => !feature.startsWith("kernel:") || has(feature));
}
