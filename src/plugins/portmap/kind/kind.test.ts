import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { Prefix } from "../../../addr/index.ts";
import { Priority } from "../../../kernel/nftables/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { parseConfig } from "../config.ts";
import { portMappings } from "./port-mappings.ts";

const TABLE = { family: "inet", name: "hawser_ports" } as const;

/** iptables' chains where connections are translated. */
function layIptables(namespaces: Namespaces): void {
  const hooks = { PREROUTING: "prerouting", OUTPUT: "output", POSTROUTING: "postrouting" } as const;
  nftables(namespaces).commit((batch) => {
    for (const family of ["ip", "ip6"] as const) {
      batch.addTable({ family, name: "nat" });
      for (const [name, hook] of Object.entries(hooks)) {
        const priority = hook === "postrouting" ? Priority.srcnat : Priority.dstnat;
        batch.addChain({ family, table: "nat", name, hook: { type: "nat", hook, priority } });
      }
    }
  });
}

for (const besideIptables of [false, true]) {
  kindContract({
    kinds: [portMappings],
    describeLooks: true,
    prepare(namespaces, number) {
      if (besideIptables && number === 1) layIptables(namespaces);
    },
    want(scene, number) {
      const config = parseConfig({
        config: {
          exceptDestinations: ["10.96.0.0/12"],
          ...{ cniVersion: "1.1.0", name: "net1", type: "portmap", snat: true },
          runtimeConfig: {
            portMappings: [
              { hostPort: 8080 + number, containerPort: 80, protocol: "tcp" },
              { hostPort: 53, containerPort: 53, protocol: "udp", hostIP: `192.0.2.${number}` },
            ],
          },
        },
      });
      const addresses = [`10.1.0.1${number}/24`, `fd00:1::1${number}/64`].map((text) =>
        Prefix.parse(text),
      );
      return [portMappings.want(scene, { config, mappings: config.mappings, addresses })];
    },
    sabotages: {
      "a table that is gone": {
        does: (namespaces) => nftables(namespaces).commit((batch) => batch.delTable(TABLE)),
        says: "port mappings: tcp port 8081 → 10.1.0.11:80 of this container is missing",
      },
      "chains that are empty": {
        does: (namespaces) =>
          nftables(namespaces).commit((batch) =>
            batch.flushChain({ family: "inet", table: TABLE.name, name: "prerouting" }),
          ),
        says: "prerouting",
      },
    },
  });
}
