import fc from "fast-check";
import { type Box, type Case, DISTURBANCES, type Step } from "../case.ts";
import { SUBJECTS } from "./subjects.ts";
import { args, version } from "./values.ts";

/** Cases of one plugin. */

const box: fc.Arbitrary<Box> = fc.constantFrom<Box>(0, 0, 0, 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("ADD" as const), box }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("CHECK" as const), box }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("DEL" as const),
      box,
      netns: fc.constantFrom(
        "given" as const,
        "given" as const,
        "given" as const,
        "empty" as const,
      ),
      prevResult: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("GC" as const),
      valid: fc.constantFrom<Box[]>([], [0], [1], [0, 1]),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ op: "STATUS" as const }, { op: "VERSION" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("disturb" as const),
      box,
      what: fc.constantFrom(...DISTURBANCES),
    }),
  },
);

/** Mostly an attachment first, since little can be seen without one. */
const steps: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.constantFrom<readonly Step[]>([{ op: "ADD", box: 0 }], [{ op: "ADD", box: 0 }], []),
    fc.array(step, { minLength: 1, maxLength: 5 }),
  )
  .map(([first, more]) => [...first, ...more]);

/** Go's firewall begins with 0.4.0. */
function versionsOf(subject: string): fc.Arbitrary<string> {
  return subject === "firewall" ? version.filter((each) => /^(1|0\.4)\./.test(each)) : version;
}

export function casesOf(subject: string): fc.Arbitrary<Case> {
  const network = SUBJECTS[subject];
  if (network === undefined) throw new Error(`no plugin is named ${subject}`);
  return fc
    .record({ network, cniVersion: versionsOf(subject), args, steps })
    .map(({ network: { plugins, capabilityArgs }, cniVersion, args: given, steps: all }) => ({
      ...{ subject, capabilityArgs, args: given, steps: all },
      list: { cniVersion, name: "net1", plugins },
    }));
}
