import { type Outcome, plainName } from "../test/outcome.ts";

/**
 * The outcomes of this machine and of the lab as one: each test counts once. It failed when it failed
 * anywhere, and it is skipped only when it ran nowhere.
 */
export function mergeLab(here: readonly Outcome[], lab: readonly Outcome[]): Outcome[] {
  const inLab = new Map<string, Outcome[]>();
  for (const outcome of lab) {
    inLab.set(keyOf(outcome), [...(inLab.get(keyOf(outcome)) ?? []), outcome]);
  }
  const merged = here.map((outcome) => {
    // Tests of the same name in one file come in the same order in both.
    const other = inLab.get(keyOf(outcome))?.shift();
    return other === undefined ? outcome : oneOf(outcome, other);
  });
  return [...merged, ...[...inLab.values()].flat().map(marked)];
}

function keyOf({ file, name }: Outcome): string {
  return `${file}: ${plainName(name)}`;
}

function oneOf(here: Outcome, lab: Outcome): Outcome {
  if (here.status === "failed" || lab.status === "skipped") return here;
  return lab.status === "failed" || here.status === "skipped" ? marked(lab) : here;
}

function marked(outcome: Outcome): Outcome {
  return outcome.status === "failed"
    ? { ...outcome, name: `${outcome.name} (in the kernel lab)` }
    : outcome;
}
