import { afterAll, beforeAll, expect } from "bun:test";
import { rmSync } from "node:fs";
import { needs } from "../../tests/support/needs.ts";
import { runSuite } from "./judge.ts";
import { buildMutants } from "./layout.ts";
import { SOUND } from "./mutant.ts";

/** A few of the faults, each with the check that is for it; `npm run mutants` runs all of them. */

const FEW: readonly [of: string, name: string, check: string][] = [
  ["bridge", "del-does-nothing", "del-removes-the-interface"],
  ["bridge", "del-again-fails", "del-three-times"],
  ["bridge", "result-wrong-mac", "add-names-the-interface"],
  ["bridge", "add-result-twice", "add-makes-the-interface"],
  ["bridge", "del-takes-all-containers", "del-leaves-other-attachments"],
  ["runtime", "runtime-del-in-the-order-of-add", "del-in-reverse-order"],
];

let home = "";

beforeAll(async () => {
  home = await buildMutants();
}, 120_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

for (const [of, name, check] of FEW) {
  needs("ip", "nft")(
    `${of}: ${name} is found by ${check}, and nothing in the plugin itself`,
    async () => {
      const { caughtBy, trouble } = await runSuite(home, { name, of }, ["--check", check]);
      expect(trouble).toBeUndefined();
      expect(caughtBy?.check).toBe(check);
      expect(await runSuite(home, { name: SOUND, of }, ["--check", check])).toEqual({});
    },
    60_000,
  );
}
