import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { rmSync } from "node:fs";
import { must, run } from "../support/exec.ts";
import { ask } from "../support/greeter.ts";
import { type Container, Host, type Outside } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { askFrom, type Greeter, startGreeter } from "../support/traffic.ts";
import { clientLeaks } from "./greeting.ts";
import {
  type Attached,
  askClient,
  type ClientRequest,
  librariesMissing,
  mustClient,
} from "./libraries.ts";

/** Jobs in bridge mode, as a Nomad client attaches them: its built-in list through go-cni. */

const hawser = hawserPlugins();
const withNomad = skipBecause(hawser.missing ?? librariesMissing());

const SUBNET = "172.26.64.0/20";
const SUBNET6 = "fd00:a110:c8::/112";

/** The list that Nomad makes; with IPv6 where the client is configured for it. */
function builtIn(dualStack: boolean): unknown {
  const ranges = [[{ subnet: SUBNET }], ...(dualStack ? [[{ subnet: SUBNET6 }]] : [])];
  const routes = [{ dst: "0.0.0.0/0" }, ...(dualStack ? [{ dst: "::/0" }] : [])];
  const ipam = { type: "host-local", ranges, routes, dataDir: "/var/run/cni" };
  return {
    cniVersion: "0.4.0",
    name: "nomad",
    plugins: [
      { type: "loopback" },
      {
        ...{ type: "bridge", bridge: "nomad", ipMasq: true, isGateway: true },
        ...{ forceAddress: true, hairpinMode: false, ipam },
      },
      { type: "firewall", backend: "iptables", iptablesAdminChainName: "NOMAD-ADMIN" },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}

let host: Host;
let outside: Outside;
let allocation: Container;
let clean: Snapshot;
const servers: Greeter[] = [];

beforeAll(async () => {
  host = await Host.create();
  outside = await host.outside();
  servers.push(await startGreeter(outside, 80));
});
beforeEach(async () => {
  // Nomad's own chain, and a host that forwards nothing by itself, as Docker leaves it.
  for (const program of ["iptables", "ip6tables"]) {
    await must([program, "-P", "FORWARD", "DROP"]);
    await must([program, "-N", "NOMAD-ADMIN"]);
    const subnet = program === "iptables" ? SUBNET : SUBNET6;
    await must([program, "-A", "NOMAD-ADMIN", "-o", "nomad", "-d", subnet, "-j", "ACCEPT"]);
  }
  clean = await host.snapshot();
  allocation = await host.container("alloc");
});
afterEach(async () => {
  for (const server of servers.splice(1)) await server.stop();
  await run(["ip", "netns", "delete", "alloc"]);
  rmSync("/run/cni", { recursive: true, force: true });
  await host.tidy();
});
afterAll(async () => {
  for (const server of servers) await server.stop();
});

function request(more: Partial<ClientRequest> = {}): ClientRequest {
  return {
    pluginDir: hawser.dir,
    list: builtIn(false),
    id: "6b235529-8111-4bbe-520b-d639b1d2a94e",
    netns: allocation.netns,
    ports: [
      { HostPort: 23456, ContainerPort: 8080, Protocol: "tcp" },
      { HostPort: 23456, ContainerPort: 8080, Protocol: "udp" },
    ],
    ...more,
  };
}

/** What belongs to Nomad's network and not to one allocation. */
const OF_THE_NETWORK: readonly RegExp[] = [
  /^\+ (link: .*"ifname":"nomad"|address: nomad: |route: .*"dev":"nomad")/,
  /^\+ file: \/run\/cni\/(\.hawser|\.tmp)\//,
  /^\+ file: \/run\/cni\/nomad\/(lock|last_reserved_ip\.\d) /,
];

async function leftBehind(): Promise<string[]> {
  await host.settled();
  const left = clientLeaks(clean, await host.snapshot());
  return left.filter((line) => !OF_THE_NETWORK.some((pattern) => pattern.test(line)));
}

for (const dualStack of [false, true]) {
  withNomad(
    `a job is placed, reached, checked after a restart and removed${dualStack ? ", with IPv6" : ""}`,
    async () => {
      const asked = request({ list: builtIn(dualStack) });
      const { addresses, sandboxes } = (await mustClient("nomad", "setup", asked)) as Attached;
      // Nomad takes the first interface by name that has a sandbox and an address.
      const names = Object.keys(addresses).sort();
      const first = names.find((name) => sandboxes[name] !== "");
      expect(first).toBe("eth0");
      expect(addresses["eth0"]?.[0]).toBe("172.26.64.2");
      expect(addresses["eth0"]).toHaveLength(dualStack ? 2 : 1);

      servers.push(await startGreeter(allocation, 8080));
      expect(await ask("127.0.0.1", 23456)).toContain("alloc");
      expect(await askFrom(outside, outside.hostAddress4, 23456)).toContain("alloc");
      expect(await askFrom(allocation, outside.address4, 80)).toContain("outside");

      await mustClient("nomad", "check", asked);
      await mustClient("nomad", "remove", asked);
      expect(await leftBehind()).toEqual([]);
    },
    60_000,
  );
}

withNomad(
  "CHECK finds what a reboot has taken, and the next Setup works",
  async () => {
    await mustClient("nomad", "setup", request());
    await host.exec(allocation, ["ip", "link", "delete", "eth0"]);
    const check = await askClient("nomad", "check", request());
    expect(check.exitCode).toBe(1);
    expect(check.stderr).toContain("eth0");
    await mustClient("nomad", "remove", request());
    await mustClient("nomad", "setup", request());
    await mustClient("nomad", "check", request());
    await mustClient("nomad", "remove", request());
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);

withNomad(
  "a job whose namespace went first is removed all the same, and again",
  async () => {
    await mustClient("nomad", "setup", request());
    await host.remove(allocation);
    await mustClient("nomad", "remove", request());
    await mustClient("nomad", "remove", request());
    expect(await leftBehind()).toEqual([]);
  },
  60_000,
);
