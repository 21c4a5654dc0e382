/**
 * `npm run golden`: writes the texts of the command line into tests/golden. A change is then seen in
 * review; a unit test holds that they are as this would write them.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FOLDER, goldenTexts } from "./golden/texts.ts";
import { ROOT } from "./test/files.ts";

const texts = await goldenTexts();
rmSync(join(ROOT, FOLDER), { recursive: true, force: true });
for (const [path, text] of texts) {
  const file = join(ROOT, FOLDER, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
