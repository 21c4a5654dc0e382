/** What differs from one run to the next. */
const VARYING: readonly RegExp[] = [
  /[█▒]+/g,
  /\b\d+ of \d+ connections/g,
  /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/g,
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\b\d\d:\d\d:\d\d\b/g,
  /\b\d+(?:\.\d+)? ?(?:µs|ms|s)\b/g,
  /\b[0-9a-f]{8}\b/g,
  /(?<=\b(?:veth|handle|rule) )\d+\b/g,
  /(?<=from \d+\.\d+\.\d+\.\d+:)\d+\b/g,
];

/**
 * An output without bars, times, moments, hardware addresses, numbers that the kernel gives, and the
 * widths of columns that hold them.
 */
export function settled(output: string): string {
  const text = VARYING.reduce((left, pattern) => left.replace(pattern, "…"), output);
  return text.replaceAll(/(?:… | |…)*…[… ]*|(?<=\S) {2,}/g, (gap) =>
    gap.includes("…") ? "…" : " ",
  );
}
