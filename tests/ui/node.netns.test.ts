/** The node that other tests look at is as they say. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { Host } from "../support/host.ts";
import { playCast } from "../support/ui-cast.ts";
import { UiNode, wayOut } from "../support/ui-node.ts";
setDefaultTimeout(120_000);
let host: Host;
let node: UiNode;
beforeAll(async () => {
  host = await Host.create();
  await host.outside();
  wayOut("uplink", "192.0.2.2");
  node = new UiNode(async (name) => (await host.container(name)).netns);
});
afterAll(() => node[Symbol.dispose]());
test("x", async () => {
  let t = performance.now();
  await playCast(node);
  console.log("cast", performance.now() - t);
  console.log(await node.hawser("ls"), await node.hawser("pools"), await node.hawser("ports"), await node.hawser("trace"));
  t = performance.now();
  await node.crowd("web", 100);
  console.log("crowd", performance.now() - t);
  expect(1).toBe(2);
});
