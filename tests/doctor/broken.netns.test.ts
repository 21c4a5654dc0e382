import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout } from "bun:test";
import { needs } from "../support/needs.ts";
import { BrokenNode, type Cases, OWN } from "./broken-node.ts";
import { CONTAINER_CASES } from "./cases/container.ts";
import { HOST_CASES } from "./cases/host.ts";
import { LAYOUT_CASES } from "./cases/layout.ts";
import { NODE_CASES } from "./cases/node.ts";
import { type Found, World } from "./world.ts";

/**
 * Nodes on which one thing is broken. Each is healthy before; doctor names the fault, and with the
 * commands that it gives the node is healthy again.
 */

setDefaultTimeout(60_000);

let world: World;
let at: BrokenNode;

beforeAll(async () => {
  world = await World.create();
});
beforeEach(() => {
  at = new BrokenNode(world);
});
afterEach(async () => {
  at.stack.dispose();
  await world.tidy();
});
afterAll(() => world.close());

const CASES: Cases = { ...CONTAINER_CASES, ...HOST_CASES, ...NODE_CASES, ...LAYOUT_CASES };

for (const [name, broken] of Object.entries(CASES)) {
  needs(...(broken.needs ?? []))(`a broken node: ${name}`, async () => {
    await at.attach(broken.network ?? OWN, broken.port !== false);
    const words = broken.words ?? ["web"];
    expect((await world.doctor("web")).findings).toEqual([]);
    expect((await world.doctor()).findings).toEqual([]);
    await broken.breaks(at);
    const { code, findings } = await world.doctor(...words);
    const found = findings.find(({ name: each, message, remedy }) => {
      const isSaid = broken.says === undefined || broken.says.test(message);
      return each === broken.finding && isSaid && broken.remedy.test(remedy);
    });
    expect({ findings, found }).toEqual({ findings, found: expect.anything() as Found });
    expect(code).toBe(findings.some(({ severity }) => severity === "error") ? 1 : 0);
    if (broken.mends === false) return;
    expect(await at.mend(words, findings)).toEqual([]);
  });
}
