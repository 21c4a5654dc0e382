import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import type { Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin as bridge } from "../../plugins/bridge/index.ts";

/** A client that has talked to an address before reaches its next owner at once. */

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

const lab = pluginLab(bridge, { containers: [] });

async function neighbourOf(one: Container, address: string): Promise<string | undefined> {
  const shown = await lab.host.exec(one, ["ip", "-j", "neighbour", "show", address]);
  return (JSON.parse(shown.stdout) as { lladdr?: string }[])[0]?.lladdr;
}

test("a neighbour's entry for a reused address is right as soon as ADD is done", async () => {
  const [client, first, second] = [
    await lab.container("client"),
    await lab.container("first"),
    await lab.container("second"),
  ];
  await lab.add(keys, { container: client });
  await lab.add(keys, { container: first });
  const server = await lab.serve(first);
  for (const ip of ["10.1.0.11", "fd00:1::11"]) {
    expect(await askFrom(client, ip, PORT)).toStartWith("first");
    expect(await neighbourOf(client, ip)).toBe((await linkOf(first, "eth0")).address);
  }
  await server.stop();
  await lab.call("DEL", keys, { container: first });
  const { ips } = await lab.add(keys, { container: second });
  expect(ips?.map(({ address }) => address)).toEqual(["10.1.0.11/24", "fd00:1::11/64"]);
  const { address: mac } = await linkOf(second, "eth0");
  for (const ip of ["10.1.0.11", "fd00:1::11"]) expect(await neighbourOf(client, ip)).toBe(mac);
});

test("announcements are frames that others can read", async () => {
  const listener = await lab.container("listener");
  const one = await lab.container("one");
  await lab.add(keys, { container: listener });
  const arp = "/proc/sys/net/ipv4/conf/eth0/arp_accept";
  await lab.host.exec(listener, ["sh", "-c", `echo 1 > ${arp}`]);
  await must(["ip", "-n", "listener", "neighbour", "flush", "dev", "eth0"]);
  await lab.add(keys);
  const { address: mac } = await linkOf(one, "eth0");
  expect(await neighbourOf(listener, "10.1.0.11")).toBe(mac);
});
