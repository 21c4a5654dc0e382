/**
 * `npm run golden`: writes the texts of the command line into tests/golden, and the helps that
 * docs/cli.md shows. A change of either is then seen in review; a unit test holds that they are as this
 * would write them.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FOLDER, goldenTexts, withHelps } from "./golden/texts.ts";
import { ROOT } from "./test/files.ts";

const texts = await goldenTexts();
rmSync(join(ROOT, FOLDER), { recursive: true, force: true });
for (const [path, text] of texts) {
  const file = join(ROOT, FOLDER, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const document = join(ROOT, "docs/cli.md");
writeFileSync(document, withHelps(readFileSync(document, "utf8"), texts));
