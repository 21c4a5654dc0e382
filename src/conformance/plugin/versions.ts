/** Versions of the specification, and what each brought. */

export const VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;

/** Whether a version is that one or a later one. */
export function since(version: string, first: string): boolean {
  const [a, b] = [numbers(version), numbers(first)];
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return version.split(".").map(Number);
}

/** The highest version that the suite and the subject both know; undefined when there is none. */
export function highest(versions: readonly string[]): string | undefined {
  return VERSIONS.findLast((version) => versions.includes(version));
}
