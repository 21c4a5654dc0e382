/** A time in milliseconds, for people: 0.4 ms, 12 ms, 3.4 s. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

const STEPS: readonly (readonly [unit: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
];

/** How long ago something was, to two digits or so: 3d, 5h, 12m, 8s. */
export function age(ms: number): string {
  const step = STEPS.find(([, unit]) => ms >= 2 * unit);
  if (step !== undefined) return `${Math.floor(ms / step[1])}${step[0]}`;
  return `${Math.max(0, Math.floor(ms / 1000))}s`;
}
