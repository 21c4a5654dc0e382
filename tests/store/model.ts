/** Random transactions, against what a few lines say that they do. */
import { expect } from "bun:test";
import fc from "fast-check";
import type { Change, Condition, Entry, Store } from "../../src/store/index.ts";
import { under } from "../../src/store/index.ts";
import type { ContractTest } from "./rig.ts";
import { revisionOf, Watched } from "./watched.ts";

/** A condition by the state of the model, so that as many hold as do not. */
type Wish =
  | { readonly key: string; readonly is: "absent" | "present" | "unchanged" | "changed" }
  | { readonly key: string; readonly old: number };

interface Step {
  readonly conditions: readonly Wish[];
  readonly changes: readonly Change[];
}

const key = fc.constantFrom("a", "b", "c", "d");
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc.record({ key, is: fc.constantFrom("absent", "present", "unchanged", "changed") }),
  fc.record({ key, old: fc.nat(5) }),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ put: key, value: fc.string({ maxLength: 3 }) }),
  fc.record({ delete: key }),
);
const step: fc.Arbitrary<Step> = fc.record({
  conditions: fc.array(wish, { maxLength: 3 }),
  changes: fc.uniqueArray(change, {
    maxLength: 4,
    selector: (each) => ("put" in each ? each.put : each.delete),
  }),
});

export function modelTests(contract: ContractTest, runs: number): void {
  contract(
    "random transactions do what the model says, and a watch tells them all",
    async (rig, store) => {
      let count = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
          const prefix = `run${count++}/`;
          const { revision } = await store.identify();
          await using watched = Watched.start(store, under(prefix), revision + 1n);
          const told = await play(steps, store, prefix);
          await watched.reached(told.at(-1)?.revision ?? 0n, rig.pass);
          const heard = watched.events.map((event) => ({
            revision: revisionOf(event),
            key: event.kind === "put" ? event.entry.key : event.key,
            value: event.kind === "put" ? event.entry.value : undefined,
          }));
          expect(heard).toEqual(told);
        }),
        { numRuns: runs },
      );
    },
  );
}

/** What a watch has to tell. */
interface Told {
  readonly revision: bigint;
  readonly key: string;
  readonly value: string | undefined;
}

async function play(steps: readonly Step[], store: Store, prefix: string): Promise<Told[]> {
  const model = new Map<string, Entry>();
  const told: Told[] = [];
  for (const { conditions, changes } of steps) {
    const wanted = conditions.map((each) => conditionOf(each, model, prefix));
    const made = changes.map((each) =>
      "put" in each ? { ...each, put: prefix + each.put } : { delete: prefix + each.delete },
    );
    const holds = wanted.every(({ holds: isSo }) => isSo);
    const outcome = await store.transact(
      wanted.map(({ condition }) => condition),
      made,
    );
    expect(outcome.done).toBe(holds);
    if (!holds) {
      const keys = [...new Set(wanted.map(({ condition }) => condition.key))];
      expect(outcome.found).toEqual(keys.flatMap((each) => model.get(each) ?? []));
      continue;
    }
    for (const each of made) {
      const { revision } = outcome;
      if ("put" in each) {
        model.set(each.put, { key: each.put, value: each.value, revision });
        told.push({ revision, key: each.put, value: each.value });
      } else if (model.delete(each.delete)) {
        told.push({ revision, key: each.delete, value: undefined });
      }
    }
  }
  const { entries } = await store.read(under(prefix));
  expect(entries).toEqual([...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
  return told;
}

function conditionOf(
  each: Wish,
  model: ReadonlyMap<string, Entry>,
  prefix: string,
): { readonly condition: Condition; readonly holds: boolean } {
  const name = prefix + each.key;
  const entry = model.get(name);
  if ("old" in each) {
    const revision = (entry?.revision ?? 10n) - BigInt(each.old) - 1n;
    return { condition: { key: name, revision: revision < 1n ? 1n : revision }, holds: false };
  }
  switch (each.is) {
    case "absent":
      return { condition: { key: name, is: "absent" }, holds: entry === undefined };
    case "present":
      return { condition: { key: name, is: "present" }, holds: entry !== undefined };
    case "unchanged":
      return {
        condition: { key: name, revision: entry?.revision ?? 1n },
        holds: entry !== undefined,
      };
    case "changed":
      return { condition: { key: name, revision: (entry?.revision ?? 1n) + 1n }, holds: false };
  }
}
