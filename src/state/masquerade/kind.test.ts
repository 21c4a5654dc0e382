import { kindContract } from "../../../tests/support/kind-contract.ts";
import { Prefix } from "../../addr/index.ts";
import { Priority } from "../../kernel/nftables/index.ts";
import { emptyResult } from "../../spec/index.ts";
import { nftables } from "../nft-sets/index.ts";
import { masquerade } from "./index.ts";

const TABLES = { own: "hawser_masquerade", nftables: "cni_plugins_masquerade" } as const;

// Beside iptables, which our own layout has to hear.
kindContract({
  kinds: [masquerade],
  prepare(namespaces, number) {
    if (number === 2) return;
    const hook = { type: "nat", hook: "postrouting", priority: Priority.srcnat } as const;
    nftables(namespaces).commit((batch) => {
      for (const family of ["ip", "ip6"] as const) {
        batch.addTable({ family, name: "nat" });
        batch.addChain({ family, table: "nat", name: "POSTROUTING", hook });
      }
    });
  },
  want(scene, number) {
    const ips = [{ address: `10.1.0.${number}/24` }, { address: `fd00::${number}/64` }];
    const except = ["192.0.2.0/24", "2001:db8::/32"].map((text) => Prefix.parse(text));
    const addresses = () => ({ ...emptyResult("1.1.0"), ips });
    return [masquerade.want(scene, { backend: "own", except, addresses })];
  },
  sabotages: {
    "a chain of iptables that was flushed": {
      does: (namespaces) =>
        nftables(namespaces).commit((batch) =>
          batch.flushChain({ family: "ip", table: "nat", name: "POSTROUTING" }),
        ),
      says: "chain POSTROUTING of table ip nat lacks the rule by which it is heard",
    },
  },
});

for (const backend of ["own", "nftables"] as const) {
  kindContract({
    kinds: [masquerade],
    want(scene, number) {
      const ips = [{ address: `10.1.0.${number}/24` }, { address: `fd00::${number}/64` }];
      return [
        masquerade.want(scene, { backend, addresses: () => ({ ...emptyResult("1.1.0"), ips }) }),
      ];
    },
    // As in the Go plugins.
    layoutStays: backend === "nftables",
    sabotages: {
      "a table that is gone": {
        does(namespaces) {
          const place = { family: "inet", name: TABLES[backend] } as const;
          nftables(namespaces).commit((batch) => batch.delTable(place));
        },
        says: TABLES[backend],
      },
    },
  });
}
