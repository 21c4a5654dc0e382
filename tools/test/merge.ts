import { type Outcome, plainName } from "./outcome.ts";

/**
 * The outcomes of this machine and of a run elsewhere as one: each test counts once. It failed when it
 * failed anywhere, and it is skipped only when it ran nowhere. `place` says where it failed.
 */
export function mergeRuns(
  here: readonly Outcome[],
  elsewhere: readonly Outcome[],
  place: string,
): Outcome[] {
  const others = new Map<string, Outcome[]>();
  for (const outcome of elsewhere) {
    const marked =
      outcome.status === "failed" ? { ...outcome, name: `${outcome.name} (${place})` } : outcome;
    others.set(keyOf(outcome), [...(others.get(keyOf(outcome)) ?? []), marked]);
  }
  const merged = here.map((outcome) => {
    // Tests of the same name in one file come in the same order in both.
    const other = others.get(keyOf(outcome))?.shift();
    return other === undefined ? outcome : oneOf(outcome, other);
  });
  const files = new Set(here.map(({ file }) => file));
  const more = [...others.values()].flat().filter(({ file, status }) => {
    // A file that was skipped as a whole elsewhere, and ran here.
    return status !== "skipped" || !files.has(file);
  });
  return [...merged, ...more];
}

function keyOf({ file, name }: Outcome): string {
  return `${file}: ${plainName(name)}`;
}

function oneOf(here: Outcome, other: Outcome): Outcome {
  if (here.status === "failed" || other.status === "skipped") return here;
  return other.status === "failed" || here.status === "skipped" ? other : here;
}
