import type { JsonObject } from "../../src/spec/index.ts";

/**
 * What SchemaStore asks for (https://github.com/SchemaStore/schemastore, CONTRIBUTING.md): the entries
 * of its catalog.json, and for each schema files that must pass and files that must not.
 */

export const CATALOG: JsonObject = {
  schemas: [
    {
      name: "CNI network configuration list",
      description: "A network of the Container Network Interface: a list of plugins",
      fileMatch: ["*.conflist"],
      url: "https://hawser.dev/schemas/conflist.schema.json",
    },
    {
      name: "CNI plugin configuration",
      description: "A network of the Container Network Interface with a single plugin",
      fileMatch: ["**/cni/net.d/*.conf", "**/cni/net.d/*.json"],
      url: "https://hawser.dev/schemas/conf.schema.json",
    },
  ],
};

const NETWORK: JsonObject = {
  cniVersion: "1.0.0",
  name: "dbnet",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      ipMasq: true,
      mtu: 1500,
      ipam: {
        type: "host-local",
        ranges: [[{ subnet: "10.1.0.0/16", gateway: "10.1.0.1" }]],
        routes: [{ dst: "0.0.0.0/0" }],
      },
    },
    { type: "portmap", capabilities: { portMappings: true } },
    { type: "a-plugin-of-somebody-else", anything: ["goes"] },
  ],
};

const SINGLE: JsonObject = {
  cniVersion: "0.4.0",
  name: "macvlan-lan",
  type: "macvlan",
  master: "eth0",
  mode: "bridge",
  ipam: { type: "dhcp" },
};

/** Path → value, in the folders that SchemaStore has for them. */
export const CATALOG_TESTS: Readonly<Record<string, JsonObject>> = {
  "test/cni-conflist/dbnet.json": NETWORK,
  "test/cni-conf/macvlan.json": SINGLE,
  "negative_test/cni-conflist/mtu-as-text.json": {
    ...NETWORK,
    plugins: [{ type: "bridge", mtu: "1500" }],
  },
  "negative_test/cni-conflist/subnet-without-length.json": {
    ...NETWORK,
    plugins: [{ type: "ptp", ipam: { type: "host-local", subnet: "10.1.0.0" } }],
  },
  "negative_test/cni-conf/unknown-mode.json": { ...SINGLE, mode: "brigde" },
};
