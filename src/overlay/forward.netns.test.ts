import { expect } from "bun:test";
import { exchanged } from "../../tests/support/datagrams.ts";
import { needs } from "../../tests/support/needs.ts";
import { Keepers } from "../../tests/support/overlay-keepers.ts";
import { overlayNodesForEachTest } from "../../tests/support/overlay-nodes.ts";
import { runIn } from "../../tests/support/route-pair.ts";
import type { Netns } from "../kernel/netns/index.ts";
import {
  CtState,
  compose,
  ctState,
  interfaceMatch,
  markMatch,
  Nftables,
  verdict,
} from "../kernel/nftables/index.ts";

const nodes = overlayNodesForEachTest(2);

const T = { family: "ip", table: "filter" } as const;

/** As Docker leaves it, with the rule of the firewall plugin: what bears its mark is accepted. */
function dropForwarded(netns: Netns): void {
  using nft = Nftables.open(netns);
  nft.commit((batch) => {
    batch.addTable({ family: "ip", name: "filter" });
    const hook = { type: "filter", hook: "forward", priority: 0, policy: "drop" } as const;
    batch.addChain({ ...T, name: "FORWARD", hook });
    for (const match of [
      markMatch(2 ** 12, 2 ** 12),
      interfaceMatch("iifname", "c0"),
      ctState(CtState.ESTABLISHED),
    ]) {
      const expressions = compose(match, verdict("accept"));
      batch.addRule({ ...T, chain: "FORWARD", expressions });
    }
  });
}

for (const [kind, underlay] of [
  ["vxlan", 4],
  ["host-gw", 4],
] as const) {
  needs(
    "kernel:vxlan",
    "ip",
    "nft",
  )(`a host that drops what is forwarded lets the fleet's packets pass (${kind})`, async () => {
    const [a, b] = nodes();
    if (a === undefined || b === undefined) throw new Error("two nodes");
    for (const node of nodes()) dropForwarded(node.netns);
    await using keepers = new Keepers(nodes(), kind, { underlay });
    await keepers.keep();
    expect(exchanged(a.end(4), b.end(4))).toBe(true);
    runIn(b.netns, "nft flush ruleset");
    dropForwarded(b.netns);
    expect(exchanged(a.end(4), b.end(4), { withinMs: 100 })).toBe(false);
    await keepers.want(b, keepers.wantedOf(b));
    expect(exchanged(a.end(4), b.end(4))).toBe(true);
    // From elsewhere than the fleet it is dropped as before.
    const lan = { netns: a.netns, ip: a.underlay[4] };
    runIn(a.netns, "ip route add 10.42.2.5/32 via 192.0.2.12");
    expect(exchanged(lan, b.end(4), { withinMs: 100 })).toBe(false);
    await keepers.want(b, keepers.wantedOf(b, { kind: "none" }));
    expect(runIn(b.netns, "nft list tables").trim()).toBe("table ip filter");
  });
}
