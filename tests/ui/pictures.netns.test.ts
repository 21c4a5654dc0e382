/** The page looks as in the pictures that documents show. */
import { expect, setDefaultTimeout } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawn, KEPT, PICTURES } from "../../tools/pictures/shots.ts";
import { ROOT } from "../../tools/test/files.ts";
import { TestBrowser } from "../support/browser.ts";
import { must } from "../support/exec.ts";
import { needs } from "../support/needs.ts";
import { difference, TOLERANCE } from "../support/pictures.ts";

setDefaultTimeout(120_000);

/** What differs is left there, to be looked at. */
const SEEN = join(ROOT, ".cache/pictures");

needs("chromium", "/usr/share/fonts/truetype/dejavu")(
  "each kept picture is as the page is drawn now (else: npm run pictures)",
  async () => {
    await must(["ip", "link", "set", "dev", "lo", "up"]);
    await using browser = await TestBrowser.start();
    const pictures = await drawn(browser);
    expect([...pictures.keys()].sort()).toEqual(KEPT.map(({ name }) => name).sort());
    const differing: string[] = [];
    for (const [name, picture] of pictures) {
      const kept = readFileSync(join(PICTURES, `${name}.png`));
      const { part, picture: shown } = difference(kept, picture);
      if (part <= TOLERANCE) continue;
      mkdirSync(SEEN, { recursive: true });
      writeFileSync(join(SEEN, `${name}.png`), picture);
      writeFileSync(join(SEEN, `${name}-difference.png`), shown);
      differing.push(`${name}: ${(part * 100).toFixed(2)} % of it, see .cache/pictures`);
    }
    expect(differing).toEqual([]);
  },
);
