import { test } from "bun:test";
import { packageOf } from "../../tools/setup/packages.ts";
import { type Feature, has } from "./features.ts";
import { patient } from "./patience.ts";

/**
 * Tests that need something of the machine. What is missing stands in the name of the skipped test,
 * from where the runner reads it: a skip that does not say why counts as a failure.
 */

/** Registers one test, as `test` of bun:test does. */
export type TestFunction = (
  name: string,
  body: () => void | Promise<void>,
  timeoutMs?: number,
) => void;

/** `needs("nft", "root")("name", () => …)`: runs where all are there, else says which are not. */
export function needs(...features: Feature[]): TestFunction {
  const missing = features.filter((feature) => !has(feature));
  const ci = process.env["CI"] === "true";
  const owed = ci ? missing.filter((feature) => isInstalledByCi(feature)) : [];
  if (owed.length > 0) {
    return (name) => {
      test(name, () => {
        throw new Error(`${owed.join(", ")} is missing, though \`npm run setup\` installs it`);
      });
    };
  }
  return skipBecause(missing.length === 0 ? undefined : missing.join(", "));
}

/** The same for what no feature names: pass what is missing in words, or undefined when nothing is. */
export function skipBecause(missing: string | undefined): TestFunction {
  if (missing === undefined) {
    return (name, body, timeoutMs) =>
      test(name, body, timeoutMs === undefined ? undefined : patient(timeoutMs));
  }
  return (name, body) => test.skip(`${name} (skipped: needs ${missing})`, body);
}

function isInstalledByCi(feature: Feature): boolean {
  return feature === "root" || packageOf(feature) !== undefined;
}
