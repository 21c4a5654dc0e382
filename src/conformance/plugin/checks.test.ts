import { expect, test } from "bun:test";
import { PLUGIN_CHECKS } from "./checks.ts";
import { VERSIONS } from "./versions.ts";

const names = PLUGIN_CHECKS.map(({ name }) => name);

test("a name tells one check alone", () => {
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test("a name is of small letters and dashes, with a version behind @ that the check speaks", () => {
  for (const { name, version } of PLUGIN_CHECKS) {
    const [, behind] = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:@(\d\.\d\.\d))?$/u.exec(name) ?? [name, "no"];
    if (behind !== undefined) expect([name, version]).toEqual([name, behind]);
  }
});

test("what is tried is a sentence without a subject and without an end", () => {
  const bad = PLUGIN_CHECKS.filter(({ tries }) => !/^[a-z][^\n]*[^.\s]$/u.test(tries));
  expect(bad.map(({ name }) => name)).toEqual([]);
});

test("each version of the specification has checks of its own", () => {
  for (const version of VERSIONS) {
    expect(names.filter((name) => name.endsWith(`@${version}`)).length).toBeGreaterThan(1);
  }
});
