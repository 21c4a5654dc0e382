import { afterEach, beforeAll, expect, test } from "bun:test";
import { attach, callBridge, type Keys, linkOf } from "../../../tests/support/bridge.ts";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { askFrom, type Greeter, startGreeter } from "../../../tests/support/traffic.ts";

/** Who has talked to an address before talks to its next owner at once. */

const PORT = 80;
const keys: Keys = {
  ipam: {
    type: "host-local",
    ranges: [
      [{ subnet: "10.1.0.0/24", rangeStart: "10.1.0.10", rangeEnd: "10.1.0.11" }],
      [{ subnet: "fd00:1::/64", rangeStart: "fd00:1::10", rangeEnd: "fd00:1::11" }],
    ],
  },
};

let host: Host;
const containers: Container[] = [];
const servers: Greeter[] = [];
beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(containers.splice(0).map((container) => host.remove(container)));
  await host.tidy();
});

async function container(name: string): Promise<Container> {
  const made = await host.container(name);
  containers.push(made);
  return made;
}

async function neighbourOf(one: Container, address: string): Promise<string | undefined> {
  const shown = await host.exec(one, ["ip", "-j", "neighbour", "show", address]);
  return (JSON.parse(shown.stdout) as { lladdr?: string }[])[0]?.lladdr;
}

test("a neighbour's entry for a reused address is right as soon as ADD is done", async () => {
  const [client, first, second] = [
    await container("client"),
    await container("first"),
    await container("second"),
  ];
  await attach(client, keys);
  await attach(first, keys);
  servers.push(await startGreeter(first, PORT));
  for (const ip of ["10.1.0.11", "fd00:1::11"]) {
    expect(await askFrom(client, ip, PORT)).toStartWith("first");
    expect(await neighbourOf(client, ip)).toBe((await linkOf(first, "eth0")).address);
  }
  await servers.pop()?.stop();
  await callBridge("DEL", first, keys);
  const { ips } = await attach(second, keys);
  expect(ips?.map(({ address }) => address)).toEqual(["10.1.0.11/24", "fd00:1::11/64"]);
  const { address: mac } = await linkOf(second, "eth0");
  for (const ip of ["10.1.0.11", "fd00:1::11"]) expect(await neighbourOf(client, ip)).toBe(mac);
});

test("announcements are frames that others can read", async () => {
  const listener = await container("listener");
  const one = await container("one");
  await attach(listener, keys);
  const arp = "/proc/sys/net/ipv4/conf/eth0/arp_accept";
  await host.exec(listener, ["sh", "-c", `echo 1 > ${arp}`]);
  await must(["ip", "-n", "listener", "neighbour", "flush", "dev", "eth0"]);
  await attach(one, keys);
  const { address: mac } = await linkOf(one, "eth0");
  expect(await neighbourOf(listener, "10.1.0.11")).toBe(mac);
});
