import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../src/base/index.ts";
import { ROOT } from "../test/files.ts";
import { sections } from "./notes.ts";

/** The version stands in several files, and is one. */

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test("package.json, its lock file, the page of installation and the manifest for Kubernetes name the version", () => {
  expect(JSON.parse(read("package.json"))).toMatchObject({ version: VERSION });
  const packages = [...read("docs/install.md").matchAll(/hawser_(\S+)_amd64\.deb/gu)];
  expect(packages.map(([, version]) => version)).toEqual([VERSION]);
  expect(JSON.parse(read("package-lock.json"))).toMatchObject({
    version: VERSION,
    packages: { "": { version: VERSION } },
  });
  const images = [...read("packaging/kubernetes/hawser.yaml").matchAll(/image: \S+:(\S+)/gu)];
  expect(images.map(([, tag]) => tag)).toEqual([VERSION, VERSION]);
});

test("CHANGELOG.md knows no later version", () => {
  const released = sections(read("CHANGELOG.md")).slice(1);
  expect(released.filter(({ name }) => Bun.semver.order(name, VERSION) > 0)).toEqual([]);
});
