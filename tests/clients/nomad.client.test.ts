import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { rmSync } from "node:fs";
import { EXECUTABLE } from "../support/daemon.ts";
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
import { bridgeModeList, layAdminChains } from "./nomad.ts";

/** Jobs in bridge mode, as a Nomad client attaches them: its built-in list through go-cni. */

const hawser = hawserPlugins();
const withNomad = skipBecause(hawser.missing ?? librariesMissing());

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
  await layAdminChains();
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
    list: bridgeModeList(),
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
      const asked = request({ list: bridgeModeList({ dualStack }) });
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

withNomad(
  "an allocation whose address outlived a reboot starts again once hawser del has freed it",
  async () => {
    const asked = request({ list: bridgeModeList({ dataDir: "/var/lib/cni/networks" }) });
    await mustClient("nomad", "setup", asked);
    // The namespace is made anew under its name.
    await host.remove(allocation);
    allocation = await host.container("alloc");
    const refused = await askClient("nomad", "setup", asked);
    expect(refused.stderr).toContain("duplicate allocation is not allowed");
    const { id = "" } = asked;
    await must([EXECUTABLE, "del", "nomad", "--id", id, "--plugin-dir", hawser.dir]);
    await mustClient("nomad", "setup", asked);
    await mustClient("nomad", "remove", asked);
  },
  60_000,
);
