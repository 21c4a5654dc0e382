import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { Prefix } from "../../../addr/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { parseConfig } from "../config.ts";
import { portMappings } from "./port-mappings.ts";

const TABLE = { family: "inet", name: "hawser_ports" } as const;

kindContract({
  kinds: [portMappings],
  describeLooks: true,
  want(scene, number) {
    const config = parseConfig({
      config: {
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
