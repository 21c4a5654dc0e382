import { expect } from "bun:test";
import { exchanged } from "../../tests/support/datagrams.ts";
import { fleetNodesForEachTest } from "../../tests/support/fleet-nodes.ts";
import { needs } from "../../tests/support/needs.ts";
import { Keepers } from "../../tests/support/overlay-keepers.ts";

const nodes = fleetNodesForEachTest(3);
const vxlan = needs("kernel:vxlan", "kernel:ipv6");

vxlan("containers of three nodes reach each other over IPv4, in both families", async () => {
  await using keepers = new Keepers(nodes(), "vxlan");
  await keepers.keep();
  expect(keepers.troubles).toEqual([]);
  for (const from of nodes()) {
    for (const to of nodes()) {
      if (from === to) continue;
      for (const family of [4, 6] as const) {
        const way = `${from.id} to ${to.id} by IPv${family}`;
        const ends = [
          { netns: from.container, ip: from.own[family] },
          { netns: to.container, ip: to.own[family] },
        ] as const;
        expect([way, exchanged(...ends)]).toEqual([way, true]);
      }
    }
  }
});
