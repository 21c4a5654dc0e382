import type { Check } from "../check.ts";
import type { Kind, Subject } from "../subject/index.ts";
import type { PluginScene } from "./scene.ts";
import { highest, since, VERSIONS } from "./versions.ts";

/** A check of a plugin, and the reasons that many share for not running one. */

export type PluginCheck = Check<PluginScene, Subject> & {
  /** The version of the specification to speak; the highest of the subject without it. */
  readonly version?: string;
};

type Unfit = (subject: Subject) => string | undefined;

/** For these kinds of plugins only. */
export function onlyFor(...kinds: readonly Kind[]): Unfit {
  return ({ kind }) => (kinds.includes(kind) ? undefined : `not for a plugin of kind ${kind}`);
}

/** The subject speaks this version or a later one. */
export function needsVersion(first: string): Unfit {
  return ({ versions }) => {
    const best = highest(versions);
    if (best === undefined) return "it names no version of the specification";
    return since(best, first) ? undefined : `it does not support ${first}`;
  };
}

/** The first reason of several. */
export function unless(...reasons: readonly Unfit[]): Unfit {
  return (subject) => {
    for (const reason of reasons) {
      const text = reason(subject);
      if (text !== undefined) return text;
    }
    return undefined;
  };
}

/** The subject delegates to an IPAM plugin: it is run with the suite's own. */
export const delegates: Unfit = ({ kind, ipam }) => {
  if (kind !== "interface") return "it does not delegate to an IPAM plugin";
  if (ipam === null) return "it takes no IPAM plugin";
  return undefined;
};

/** The same check once for each version from the first one on. */
export function inEachVersion(check: PluginCheck, first: string = VERSIONS[0]): PluginCheck[] {
  return VERSIONS.filter((version) => since(version, first)).map((version) => ({
    ...check,
    name: `${check.name}@${version}`,
    version,
    unfit: unless(
      ({ versions }) => (versions.includes(version) ? undefined : `it does not support ${version}`),
      check.unfit ?? (() => undefined),
    ),
  }));
}
