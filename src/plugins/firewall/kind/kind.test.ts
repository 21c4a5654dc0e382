import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { Ip } from "../../../addr/index.ts";
import { verdict } from "../../../kernel/nftables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { firewall } from "./firewall.ts";

const FILTER = { family: "ip", name: "filter" } as const;
const FORWARD = { family: "ip", table: "filter", name: "FORWARD" } as const;
const TABLE = { family: "inet", name: "hawser_firewall" } as const;

kindContract({
  kinds: [firewall],
  prepare(namespaces, number) {
    if (number === 2) return;
    nftables(namespaces).commit((batch) => {
      const hook = { type: "filter", hook: "forward", priority: 0, policy: "drop" } as const;
      batch.addTable(FILTER).addChain({ ...FORWARD, hook });
    });
    namespaces.hostLinks.add({ name: "br0", kind: "bridge" });
  },
  want(scene, number) {
    return [
      firewall.want(scene, {
        ...{ backend: "own", ingressPolicy: "same-bridge", adminChain: "CNI-ADMIN" },
        ...{ zone: "trusted", markBit: 13, bridge: "br0" },
        addresses: [`10.1.0.1${number}`, `fd00:1::1${number}`].map((text) => Ip.parse(text)),
      }),
    ];
  },
  sabotages: {
    "a table that is gone": {
      does: (namespaces) => nftables(namespaces).commit((batch) => batch.delTable(TABLE)),
      says: "firewall: 10.1.0.11 is missing",
    },
    "a chain of iptables that was flushed": {
      does: (namespaces) => nftables(namespaces).commit((batch) => batch.flushChain(FORWARD)),
      says: "lacks the rule that accepts containers",
    },
    "a chain that drops everything before": {
      does: (namespaces) =>
        nftables(namespaces).commit((batch) =>
          batch.insertRule({
            ...{ family: "ip", table: "filter", chain: "FORWARD" },
            expressions: verdict("drop"),
          }),
        ),
      says: "drops everything before it accepts containers",
      staysLost: "drops everything before it accepts containers",
    },
  },
});
