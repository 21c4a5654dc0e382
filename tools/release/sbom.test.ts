import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { ROOT } from "../test/files.ts";
import { bunParts, UNTOLD } from "./bun-parts.ts";
import { type Bundled, bundled, packageOf } from "./bundled.ts";
import { noticesText } from "./notices.ts";
import { type SbomContent, sbomText } from "./sbom.ts";

/** What is inside of a release: as a list for programs, and as notices for people. */

const TIMEOUT_MS = 60_000;
const SCHEMAS = join(ROOT, "node_modules/@cyclonedx/cyclonedx-library/res/schema");
const BUN_PARTS = bunParts(process.versions);

let packages: Promise<readonly Bundled[]> | undefined;

async function content(): Promise<SbomContent> {
  packages ??= bundled();
  return {
    ...{ version: "1.2.3", commit: "0".repeat(40), epochSeconds: 1_800_000_000 },
    packages: await packages,
    bun: { version: Bun.version, sha256: { "x86-64": "a".repeat(64) }, parts: BUN_PARTS },
    libraries: [
      {
        path: "/lib/libc.so.6",
        sha256: "b".repeat(64),
        from: { name: "libc6", version: "2.36-9+a" },
      },
      { path: "/lib/libm.so.6", sha256: "c".repeat(64) },
    ],
  };
}

/** CycloneDX's own schema; formats such as URIs are left to it. */
function problemsOf(text: string): unknown[] {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const read = (name: string): object => {
    return JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")) as object;
  };
  for (const name of ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"]) {
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}`);
  }
  const validate = ajv.compile(read("bom-1.6.SNAPSHOT.schema.json"));
  return validate(JSON.parse(text)) ? [] : (validate.errors ?? []);
}

test(
  "the list is as CycloneDX 1.6 has it, and the same each time",
  async () => {
    const text = sbomText(await content());
    expect(problemsOf(text)).toEqual([]);
    expect(sbomText(await content())).toBe(text);
    const spoilt = text.replace('"application"', '"an application"');
    expect(problemsOf(spoilt)).not.toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "it names what the bundler takes, with the part that it is in",
  async () => {
    const all = new Map((await content()).packages.map((each) => [each.name, each]));
    expect(all.get("preact")?.parts).toEqual(["page"]);
    expect(all.get("commander")?.parts).toEqual(["executable"]);
    expect(all.get("valibot")?.parts).toEqual(["executable", "npm package"]);
    expect(all.get("@bufbuild/protobuf")?.sha512).toMatch(/^[0-9a-f]{128}$/u);
    expect(all.has("typescript")).toBe(false);
    const text = sbomText(await content());
    expect(text).toContain('"pkg:npm/%40bufbuild/protobuf@');
    expect(text).toContain('"pkg:deb/debian/libc6@2.36-9%2Ba"');
  },
  TIMEOUT_MS,
);

test(
  "the notices have a licence for each package in the executable, and its text where there is one",
  async () => {
    const inside = { packages: (await content()).packages, bunVersion: "1", bunParts: BUN_PARTS };
    const text = noticesText(inside, "the text of the LGPL");
    for (const { name, version, license, texts, parts } of inside.packages) {
      if (!parts.includes("executable") && !parts.includes("page")) continue;
      expect(text).toContain(`\n${name} ${version}\n${license}\n`);
      for (const each of Object.values(texts)) expect(text).toContain(each);
    }
    expect(text).toContain("JavaScriptCore ");
    expect(text).toEndWith("the text of the LGPL\n");
  },
  TIMEOUT_MS,
);

test("a part of Bun that no licence is known of is refused", () => {
  expect(BUN_PARTS.map(({ name }) => name)).toContain("JavaScriptCore");
  expect(() => bunParts({ bun: "1", novelty: "2" })).toThrow("novelty");
});

test("what Bun has inside without telling is listed too, and is there", () => {
  const bun = readFileSync(process.execPath);
  const marks = UNTOLD.flatMap(({ mark }) => mark ?? []);
  expect(marks.length).toBeGreaterThan(0);
  expect(marks.filter((mark) => !bun.includes(mark))).toEqual([]);
  const listed = BUN_PARTS.map(({ name }) => name);
  expect(UNTOLD.filter(({ name }) => !listed.includes(name))).toEqual([]);
  // One that Bun begins to tell would be listed twice.
  expect(listed.filter((name, at) => listed.indexOf(name) !== at)).toEqual([]);
});

test("a package is known by its path, also one inside of another", () => {
  expect(packageOf("node_modules/a/lib/x.js")).toBe("node_modules/a");
  expect(packageOf("../x/node_modules/@a/b/x.js")).toBe("node_modules/@a/b");
  expect(packageOf("node_modules/a/node_modules/b/x.js")).toBe("node_modules/a/node_modules/b");
  expect(packageOf("src/a.ts")).toBeUndefined();
});
