import { afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { askFrom, type Greeter, startGreeter } from "../support/traffic.ts";
import {
  type Attached,
  askClient,
  type ClientRequest,
  librariesMissing,
  mustClient,
} from "./libraries.ts";
import { networkList } from "./nerdctl.ts";

/** The networks that `nerdctl network create` writes, attached as nerdctl's OCI hook does it. */

const hawser = hawserPlugins();
const BRIDGE_NF = "/proc/sys/net/bridge/bridge-nf-call-iptables";
const withNerdctl = skipBecause(hawser.missing ?? librariesMissing());

/** The ranges that are left of 10.6.0.0/24 when every fourth address is kept back. */
function aroundAuxiliaries(count: number): readonly object[] {
  return Array.from({ length: count }, (_, at) => {
    const first = 4 * at + 2;
    return {
      ...{ subnet: "10.6.0.0/24", gateway: "10.6.0.1" },
      ...{ rangeStart: `10.6.0.${first}`, rangeEnd: `10.6.0.${first + 2}` },
    };
  });
}

let host: Host;
let one: Container;
let two: Container;
const servers: Greeter[] = [];

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  one = await host.container("one");
  two = await host.container("two");
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const { name } of [one, two]) await run(["ip", "netns", "delete", name]);
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  await host.tidy();
});

function request(list: unknown, more: Partial<ClientRequest> = {}): ClientRequest {
  return { pluginDir: hawser.dir, list, id: "one", netns: one.netns, ...more };
}

async function setUp(list: unknown, more: Partial<ClientRequest> = {}): Promise<Attached> {
  return (await mustClient("nerdctl", "setup", request(list, more))) as Attached;
}

withNerdctl(
  "--aux-address: of fifty ranges in one set, with one gateway, none gives a kept address",
  async () => {
    const list = networkList({ ranges: [aroundAuxiliaries(50)], defaultRoute: "0.0.0.0/0" });
    const seen: string[] = [];
    // Three of each range: the seventh is of the third one.
    for (let index = 0; index < 7; index++) {
      const { addresses, gateways } = await setUp(list, { id: `c${index}` });
      expect(gateways["eth0"]).toEqual(["10.6.0.1"]);
      seen.push(addresses["eth0"]?.[0] ?? "");
      await run(["ip", "-n", "one", "link", "delete", "eth0"]);
    }
    expect(seen).toEqual([2, 3, 4, 6, 7, 8, 10].map((last) => `10.6.0.${last}`));
    for (let index = 0; index < 7; index++) {
      await mustClient("nerdctl", "remove", request(list, { id: `c${index}` }));
    }

    // The last of all, when it is asked for; a kept one is refused.
    const last = await setUp(list, { args: { IP: "10.6.0.200" } });
    expect(last.addresses["eth0"]).toEqual(["10.6.0.200"]);
    await mustClient("nerdctl", "remove", request(list));
    const kept = await askClient("nerdctl", "setup", request(list, { args: { IP: "10.6.0.5" } }));
    expect(kept.exitCode).toBe(1);
    expect(kept.stderr).toContain("10.6.0.5");
  },
  60_000,
);

withNerdctl(
  "--ipv4=false: a network of IPv6 alone, with a static address",
  async () => {
    const list = networkList({
      ranges: [[{ subnet: "fd00:6::/64", gateway: "fd00:6::1" }]],
      defaultRoute: "::/0",
      ipv6: true,
    });
    const { addresses } = await setUp(list, { ips: ["fd00:6::77"] });
    expect(addresses["eth0"]).toEqual(["fd00:6::77"]);
    const routes = await host.exec(one, ["ip", "-6", "route", "show", "default"]);
    expect(routes.stdout).toContain("via fd00:6::1 dev eth0");
    expect((await host.exec(one, ["ip", "-4", "route"])).stdout).toBe("");

    await setUp(list, { id: "two", netns: two.netns });
    servers.push(await startGreeter(one, 80));
    expect(await askFrom(two, "fd00:6::77", 80)).toContain("one");
    await mustClient("nerdctl", "remove", request(list));
    await mustClient("nerdctl", "remove", request(list, { id: "two", netns: "" }));
  },
  60_000,
);

for (const ingressPolicy of ["same-bridge", "isolated"] as const) {
  withNerdctl(
    `${ingressPolicy}: containers of one network reach each other${ingressPolicy === "isolated" ? " not" : ""}`,
    async () => {
      const list = networkList({
        ranges: [[{ subnet: "10.6.0.0/24", gateway: "10.6.0.1" }]],
        ...{ defaultRoute: "0.0.0.0/0", ingressPolicy },
      });
      await setUp(list);
      await setUp(list, { id: "two", netns: two.netns });
      servers.push(await startGreeter(one, 80));
      const asked = await host.exec(two, ["timeout", "2", "busybox", "nc", "10.6.0.2", "80"]);
      // Frames within a bridge pass the host's filter where br_netfilter hands them on.
      const isFiltered = existsSync(BRIDGE_NF) && readFileSync(BRIDGE_NF, "latin1").trim() === "1";
      expect(asked.stdout.includes("one")).toBe(ingressPolicy === "same-bridge" || !isFiltered);
      const check = await askClient("nerdctl", "check", request(list));
      expect([check.exitCode, check.stderr]).toEqual([0, ""]);
      await mustClient("nerdctl", "remove", request(list));
      await mustClient("nerdctl", "remove", request(list, { id: "two", netns: two.netns }));
    },
    60_000,
  );
}

withNerdctl(
  "a container that is started again, while its old attachment is there, is on the network again",
  async () => {
    const list = networkList({
      ranges: [[{ subnet: "10.6.0.0/24", gateway: "10.6.0.1" }]],
      defaultRoute: "0.0.0.0/0",
    });
    const ports = [{ HostPort: 18080, ContainerPort: 80, Protocol: "tcp" }];
    const args = { IP: "10.6.0.9", MAC: "02:11:22:33:44:55" };
    for (let start = 0; start < 2; start++) {
      const { addresses, macs } = await setUp(list, { ports, args });
      expect([addresses["eth0"], macs["eth0"]]).toEqual([["10.6.0.9"], args.MAC]);
      // As after a crash of containerd: no DEL, another namespace.
      if (start === 0) {
        await host.remove(one);
        one = await host.container("one");
      }
    }
    await mustClient("nerdctl", "remove", request(list, { ports, args }));
  },
  60_000,
);
