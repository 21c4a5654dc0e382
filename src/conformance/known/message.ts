import type { Outcome } from "../check.ts";

/** What came of a failed check in one line that is the same in each run. */
export function messageOf({ finding }: Outcome): string {
  if (finding === undefined) return "";
  return steady(`expected ${finding.expected}; came ${finding.came}`);
}

/** The same without what was expected. */
export function cameOf({ finding }: Outcome): string {
  return steady(finding?.came ?? "");
}

/** What differs from run to run, and what stands for it. */
const RANDOM: readonly (readonly [RegExp, string])[] = [
  [/\b(?:[\da-f]{2}:){5}[\da-f]{2}\b/giu, "<mac>"],
  [/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/giu, "<uuid>"],
  [/\bfe80::[\da-f:]+/giu, "<link-local>"],
  [/\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/gu, "<time>"],
  [/\b\d+(?:\.\d+)?(?: ?(?:ms|µs|ns)| s)\b/gu, "<duration>"],
  [/(\/tmp\/|\/var\/tmp\/|\/run\/conformance\/tmp\/)[^\s"',:;)]+/gu, "$1<name>"],
  [/\b(pid|process|seed|index|ifindex|inode)(["=: ]+)\d+/giu, "$1$2<number>"],
  [/\b(net|mnt|pid|user):\[\d+\]/gu, "$1:[<number>]"],
  [/\b([a-z]{2,})(?=[\da-f]{7,}\b)(?=[a-f]*\d)[\da-f]+\b/gu, "$1<random>"],
  [/\b(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{8,}\b/giu, "<hex>"],
];

/** More than this tells no failure from another. */
const MESSAGE_MAX = 2000;

/** Masks what is random in a text, and drops the last word of one that was cut. */
export function steady(text: string): string {
  let result = text.slice(0, MESSAGE_MAX).replaceAll(/\s+/gu, " ").trim();
  for (const [pattern, mask] of RANDOM) result = result.replaceAll(pattern, mask);
  return result.replace(/[^\s"',]*…$/u, "…");
}
