import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { VALIDATE_DOCUMENT, withRules } from "./validate.ts";

test("docs/validate.md has the rules as `npm run manuals` writes them", () => {
  const document = readFileSync(join(ROOT, VALIDATE_DOCUMENT), "utf8");
  expect(withRules(document)).toBe(document);
});
