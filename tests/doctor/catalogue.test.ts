import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SECTIONS } from "../../src/doctor/index.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The table as `docs/doctor.md` has to have it. */
function tables(): string {
  return SECTIONS.map(({ title, findings }) => {
    const rows = findings.map(
      ([name, severity, meaning]) => `| \`${name}\` | ${severity} | ${meaning} |`,
    );
    return [
      `### ${title}`,
      "",
      "| finding | | what it means |",
      "| --- | --- | --- |",
      ...rows,
    ].join("\n");
  }).join("\n\n");
}

test("docs/doctor.md has every finding, with the words of the program", () => {
  const text = readFileSync(join(ROOT, "docs/doctor.md"), "utf8");
  expect(text).toContain(`\n${tables()}\n`);
});

test("every finding of the list is made somewhere, and its name is one form", () => {
  const folder = join(ROOT, "src/doctor");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const sources = files.filter((name) => name.endsWith(".ts") && name !== "catalogue.ts");
  const text = sources.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  const names: string[] = SECTIONS.flatMap(({ findings }) => findings.map(([name]) => name));
  expect(names.filter((name) => !text.includes(`"${name}"`))).toEqual([]);
  expect(names.filter((name) => !/^[a-z]+(?:-[a-z]+)*$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
