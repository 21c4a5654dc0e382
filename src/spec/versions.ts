import { quoted } from "../base/index.ts";
import { CniError, ErrorCode } from "./errors.ts";

/** Every version of the specification that has been released, oldest first. */
export const SPEC_VERSIONS = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;

/** One of the released versions. */
export type SpecVersion = (typeof SPEC_VERSIONS)[number];

/** The newest released version. */
export const LATEST: SpecVersion = "1.1.0";

/** The version meant by a configuration or result that names none. */
export const OLDEST: SpecVersion = "0.1.0";

/** Major, minor and micro number of a version. */
export type VersionParts = readonly [major: number, minor: number, micro: number];

/**
 * Whether the text is exactly one of the released versions.
 *
 * @example
 * ```ts
 * import { isSpecVersion } from "hawser/spec";
 *
 * isSpecVersion("0.3.1"); // → true
 * isSpecVersion("0.3"); // → false
 * ```
 */
export function isSpecVersion(version: string): version is SpecVersion {
  return (SPEC_VERSIONS as readonly string[]).includes(version);
}

/**
 * Reads a version of one to three numbers; missing ones are 0 and the empty text is 0.1.0.
 * Numbers may carry a sign or leading zeros (as in Go). All else is a CniError of code 6.
 *
 * @example
 * ```ts
 * import { parseVersion } from "hawser/spec";
 *
 * parseVersion("1.1"); // → [1, 1, 0]
 * parseVersion("1.x"); // throws CniError 6: invalid version "1.x": "x" is not a number
 * ```
 */
export function parseVersion(version: string): VersionParts {
  if (version === "") return [0, 1, 0];
  const parts = version.split(".");
  if (parts.length > 3) throw invalid(version, "too many parts");
  const numbers = parts.map((part) => {
    const number = /^[+-]?[0-9]+$/.test(part) ? Number(part) : Number.NaN;
    if (!Number.isSafeInteger(number)) {
      throw invalid(version, `${JSON.stringify(part)} is not a number`);
    }
    return number + 0; // -0 is 0
  });
  const [major = 0, minor = 0, micro = 0] = numbers;
  return [major, minor, micro];
}

function invalid(version: string, why: string): CniError {
  const msg = `invalid version ${JSON.stringify(version)}: ${why}`;
  return new CniError(ErrorCode.DECODING_FAILURE, msg);
}

/**
 * Negative, zero or positive: the numeric order of two versions. A bad one is an error of code 6.
 *
 * @example
 * ```ts
 * import { compareVersions } from "hawser/spec";
 *
 * ["1.1.0", "0.3.1", "0.10.0"].sort(compareVersions); // → ["0.3.1", "0.10.0", "1.1.0"]
 * ```
 */
export function compareVersions(one: string, other: string): number {
  if (isSpecVersion(one) && isSpecVersion(other)) {
    return Math.sign(SPEC_VERSIONS.indexOf(one) - SPEC_VERSIONS.indexOf(other));
  }
  const left = parseVersion(one);
  const right = parseVersion(other);
  for (const at of [0, 1, 2] as const) {
    if (left[at] !== right[at]) return left[at] < right[at] ? -1 : 1;
  }
  return 0;
}

/**
 * Whether the version is `minimum` or newer; none at all is 0.1.0, a bad one an error of code 6.
 *
 * @example
 * ```ts
 * import { atLeast } from "hawser/spec";
 *
 * atLeast("1.1.0", "0.4.0"); // → true
 * atLeast("", "0.4.0"); // → false
 * ```
 */
export function atLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0;
}

/**
 * The version a network runs with: the highest of `cniVersion` and `cniVersions` that is not newer
 * than `LATEST` (specification, section 1). Without `cniVersions` it is `cniVersion` as written;
 * so it is too when no listed version is old enough. A bad version is an error of code 6.
 *
 * @example
 * ```ts
 * import { selectVersion } from "hawser/spec";
 *
 * selectVersion("0.4.0"); // → "0.4.0"
 * selectVersion("0.4.0", ["0.3.1", "1.0.0", "2.0.0"]); // → "1.0.0"
 * ```
 */
export function selectVersion(
  cniVersion: string | undefined,
  cniVersions?: readonly string[],
): string {
  const single = cniVersion ?? "";
  parseVersion(single);
  if (cniVersions === undefined) return single;
  const candidates = single === "" ? [...cniVersions] : [...cniVersions, single];
  const usable = candidates.filter((version) => compareVersions(version, LATEST) <= 0);
  return usable.reduce(
    (best, version) => (best === "" || compareVersions(version, best) >= 0 ? version : best),
    usable.length === 0 ? single : "",
  );
}

/**
 * The released versions from `minimum` on; empty when none is that new. A bad one is an
 * error of code 6.
 *
 * @example
 * ```ts
 * import { versionsFrom } from "hawser/spec";
 *
 * versionsFrom("0.4.0"); // → ["0.4.0", "1.0.0", "1.1.0"]
 * ```
 */
export function versionsFrom(minimum: string): SpecVersion[] {
  return SPEC_VERSIONS.filter((version) => atLeast(version, minimum));
}

/**
 * The highest of the offered versions that every plugin reports as supported (the selection that
 * section 1 allows beside `selectVersion`); undefined when there is none. A bad version among
 * several that are common is an error of code 6.
 *
 * @example
 * ```ts
 * import { commonVersion } from "hawser/spec";
 *
 * commonVersion(["0.4.0", "1.0.0"], [["0.4.0", "1.0.0"], ["0.3.1", "0.4.0"]]); // → "0.4.0"
 * commonVersion(["1.0.0"], [["0.4.0"]]); // → undefined
 * ```
 */
export function commonVersion(
  offered: readonly string[],
  supported: readonly (readonly string[])[],
): string | undefined {
  const common = offered.filter((version) => supported.every((list) => list.includes(version)));
  return common.sort(compareVersions).at(-1);
}

/**
 * Checks that a plugin supports the configuration's version (section 2; absent is 0.1.0), literally
 * as written. Otherwise a CniError of code 1 that names both.
 *
 * @example
 * ```ts
 * import { checkSupported } from "hawser/spec";
 *
 * checkSupported("1.0.0", ["0.4.0", "1.0.0"]); // → undefined
 * checkSupported("1.1.0", ["1.0.0"]); // throws CniError 1: incompatible CNI versions
 * ```
 */
export function checkSupported(configVersion: string, supported: readonly string[]): void {
  const version = configVersion || OLDEST;
  if (supported.includes(version)) return;
  const list = supported.map((one) => JSON.stringify(one)).join(" ");
  throw new CniError(ErrorCode.INCOMPATIBLE_CNI_VERSION, "incompatible CNI versions", {
    details: `config is ${quoted(version)}, plugin supports [${list}]`,
  });
}
