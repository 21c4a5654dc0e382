import type { Check } from "../check.ts";
import { highest, since, VERSIONS } from "../plugin/versions.ts";
import type { Ability, RuntimeFacts, RuntimeOperation } from "./adapter.ts";
import type { RuntimeScene } from "./scene.ts";

/** A check of a runtime, and the reasons that many share for not running one. */

export type RuntimeCheck = Check<RuntimeScene, RuntimeFacts> & {
  /** The version of the specification of the network; the highest of the runtime without it. */
  readonly version?: string;
};

type Unfit = (facts: RuntimeFacts) => string | undefined;

/** The adapter has declared these operations and abilities. */
export function needs(...wanted: readonly (Ability | RuntimeOperation)[]): Unfit {
  return ({ abilities, operations }) => {
    const has = new Set<string>([...abilities, ...operations]);
    const lacks = wanted.find((one) => !has.has(one));
    if (lacks === undefined) return undefined;
    return `its adapter does not declare "${lacks}"`;
  };
}

/** The runtime has this version or a later one. */
export function needsVersion(first: string): Unfit {
  return ({ versions }) => {
    const best = highest(versions);
    return best !== undefined && since(best, first) ? undefined : `it does not support ${first}`;
  };
}

/** The first reason of several. */
export function unless(...reasons: readonly Unfit[]): Unfit {
  return (facts) => {
    for (const reason of reasons) {
      const text = reason(facts);
      if (text !== undefined) return text;
    }
    return undefined;
  };
}

/** The same check once for each version from one to another. */
export function inVersions(
  check: RuntimeCheck,
  first: string,
  last: string = VERSIONS[VERSIONS.length - 1] ?? first,
): RuntimeCheck[] {
  return VERSIONS.filter((version) => since(version, first) && since(last, version)).map(
    (version) => ({
      ...check,
      name: `${check.name}@${version}`,
      version,
      unfit: unless(
        ({ versions }) =>
          versions.includes(version) ? undefined : `it does not support ${version}`,
        check.unfit ?? (() => undefined),
      ),
    }),
  );
}
