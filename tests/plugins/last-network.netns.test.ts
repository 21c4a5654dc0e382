import { afterEach, beforeEach, expect, test } from "bun:test";
import { type Conflist, runChain } from "../support/chain.ts";
import { must } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { requireOwnNamespaces } from "../support/namespaces.ts";

requireOwnNamespaces();

// What networks leave in the packet filter when their last container has gone.

const DIR = "dist/cni";
const NETWORKS = [1, 2, 3, 4, 5];

let host: Host;
let container: Container;
beforeEach(async () => {
  host = await Host.create();
  container = await host.container("c1");
});
afterEach(async () => {
  await host.remove(container);
  await host.tidy();
});

/** A network of `podman network create`, with all that makes rules. */
function network(number: number): Conflist {
  const ranges = [[{ subnet: `10.9${number}.0.0/24` }], [{ subnet: `fd00:9${number}::/64` }]];
  return {
    cniVersion: "1.0.0",
    name: `net${number}`,
    plugins: [
      {
        ...{ type: "bridge", bridge: `br${number}`, isGateway: true, ipMasq: true },
        ...{ macspoofchk: true, removeUnused: true, ipMasqExcept: ["192.0.2.0/24"] },
        ipam: { type: "host-local", ranges },
      },
      { type: "portmap", capabilities: { portMappings: true }, masqAll: number === 2 },
      { type: "firewall", ingressPolicy: number === 3 ? "isolated" : "same-bridge" },
    ],
  };
}

async function call(operation: "ADD" | "DEL" | "CHECK", number: number): Promise<void> {
  const portMappings = [
    { hostPort: 8000 + number, containerPort: 80, protocol: "tcp" },
    { hostPort: 53, containerPort: 53, protocol: "udp", hostIP: `127.0.0.${number}` },
  ];
  await runChain({
    ...{ dir: DIR, list: network(number), operation },
    attachment: {
      ...{ containerId: "c1", netns: container.netns, ifName: `eth${number}` },
      capabilityArgs: { portMappings },
    },
  });
}

const ruleset = async (): Promise<string> => await must(["nft", "list", "ruleset"]);

test("case P19: networks leave no rule, set or table when their last container has gone", async () => {
  for (const number of NETWORKS) await call("ADD", number);
  expect(await ruleset()).toContain("from-net5-10.95.0.0/24");
  for (const number of NETWORKS) {
    await call("DEL", number);
    expect(await ruleset()).not.toContain(`net${number}`);
    expect(await ruleset()).not.toContain(`br${number}`);
  }
  expect(await ruleset()).toBe("");
  // A DEL that is repeated has nothing to do, and brings nothing.
  for (const number of NETWORKS) await call("DEL", number);
  expect(await ruleset()).toBe("");
});

test("case P19, kind: rules that stand in iptables for our tables go with them", async () => {
  const lines = async (): Promise<string[]> => {
    const saved = await must(["iptables-save"]);
    return saved.split("\n").filter((line) => /^[-:]/u.test(line));
  };
  const chains = ["PREROUTING", "OUTPUT", "POSTROUTING"];
  for (const chain of chains) {
    await must(["iptables", "-t", "nat", "-A", chain, "-d", "203.0.113.1", "-j", "ACCEPT"]);
  }
  await must(["iptables", "-P", "FORWARD", "DROP"]);
  const before = (await lines()).map((line) => line.replace(/ \[.*/u, ""));
  await call("ADD", 1);
  await call("ADD", 2);
  expect((await lines()).filter((line) => line.includes("hawser"))).toHaveLength(4);
  await call("DEL", 1);
  expect((await lines()).filter((line) => line.includes("hawser"))).toHaveLength(4);
  await call("DEL", 2);
  expect((await lines()).map((line) => line.replace(/ \[.*/u, ""))).toEqual(before);
});
