/** What differs from one run to the next: times, hardware addresses, moments, numbers of links. */
const VARYING: readonly RegExp[] = [
  /\b\d+(?:\.\d+)? ?(?:µs|ms|s)\b/g,
  /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/g,
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /(?<=@if|index |pid )\d+\b/g,
  /\/\S*(?=\/dist\/)/g,
];

/** An output as it can be shown: with `…` for what another run prints otherwise. */
export function settled(output: string): string {
  const text = VARYING.reduce((left, pattern) => left.replace(pattern, "…"), output);
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
