import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliLab } from "../../tests/support/cli-lab.ts";
import { must } from "../../tests/support/exec.ts";
import { containerNamed } from "../../tests/support/host.ts";

// `hawser ip`, `ports` and `pools` on a node where two containers are attached.

setDefaultTimeout(60_000);

const blue = containerNamed("blue");
const lab = cliLab({ containers: ["blue", "red"] });

beforeEach(() => {
  network("one", "10.6.0.0/29", "fd06::/64");
  network("two", "10.6.0.0/16");
});

function network(name: string, ...subnets: readonly string[]): void {
  const ipam = {
    ...{ type: "host-local", dataDir: join(lab.node.path, "pool") },
    ranges: subnets.map((subnet) => [{ subnet }]),
  };
  const list = [
    { type: "bridge", bridge: `br-${name}`, isGateway: true, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  lab.node.network(name, list);
}

test("ip names what has an address, what the kernel says inside, and what had it before", async () => {
  expect((await lab.hawser("ip", "10.6.0.2")).stdout).toContain("no daemon of Hawser has run here");
  mkdirSync("/run/hawser/attachments", { recursive: true });
  await lab.must("add", "one", "blue", "--id", "web");
  const { stdout, code } = await lab.hawser("ip", "10.6.0.2");
  expect(code).toBe(0);
  expect(stdout).toContain(
    `web eth0 of network one has it, says its add and ${lab.node.path}/pool/`,
  );
  expect(stdout).toContain("the kernel agrees: 10.6.0.2/29 on eth0 in /run/netns/blue");
  expect(stdout).toContain("of the range 10.6.0.1-10.6.0.6 of network one");
  expect(stdout).toContain("of the range 10.6.0.1-10.6.255.254 of network two");
  expect(await lab.json("ip", "FD06:0::2")).toMatchObject({
    address: "fd06::2",
    holders: [{ containerId: "web", kernel: "there", given: true, state: "ok" }],
    ranges: [{ network: "one", role: "range" }],
  });
  await must(["ip", "-n", "blue", "address", "del", "10.6.0.2/29", "dev", "eth0"]);
  expect((await lab.hawser("ip", "10.6.0.2")).stdout).toContain("the kernel does not agree");
  await lab.hawser("del", "one", "--id", "web");
  const after = await lab.hawser("ip", "10.6.0.2");
  expect(after.stdout).toContain("10.6.0.2 is not in use\n");
  expect(after.stdout).toMatch(/who had it:\n {2}\S+ to \S+: web eth0 of network one\n/u);
});

test("ip tells what an address is to a network, and refuses what is of none", async () => {
  await lab.must("add", "one", "blue", "--id", "web");
  const lines = async (address: string): Promise<string> =>
    (await lab.hawser("ip", address)).stdout;
  expect(await lines("10.6.0.1")).toContain("10.6.0.1 is the host's own: 10.6.0.1/29 on br-one");
  expect(await lines("10.6.0.1")).toContain("the gateway of 10.6.0.0/29 of network one");
  expect(await lines("10.6.0.7")).toContain("the broadcast address of 10.6.0.0/29 of network one");
  const none = await lab.hawser("ip", "10.60.0.2");
  expect([none.code, none.stdout]).toEqual([1, ""]);
  expect(none.stderr).toContain("nothing here has 10.60.0.2 or had it");
  expect(none.stderr).toContain("hawser pools shows the ranges of one, two");
  expect((await lab.hawser("ip", "10.6.0")).code).toBe(2);
});

test("ports tells what has a port, what waits for it, and which process listens there", async () => {
  await lab.must("add", "one", "blue", "--id", "web", "-p", "8080:80");
  await lab.must("add", "one", "red", "--id", "web2", "-p", "8080:81", "-p", "127.0.0.1:53:53/udp");
  const { stdout } = await lab.hawser("ports");
  const table = stdout.split("\n").map((line) => line.trim().replaceAll(/ {2,}/gu, "|"));
  expect(table).toEqual([
    "PORT|PROTOCOL|HOST ADDRESS|LEADS TO|CONTAINER|NETWORK|STATE",
    "53|udp|127.0.0.1|10.6.0.3:53|web2 eth0|one|mapped",
    "8080|tcp|all|10.6.0.2:80|web eth0|one|mapped",
    "8080|tcp|all|10.6.0.3:81|web2 eth0|one|waits for web eth0",
    "8080|tcp|all|[fd06::2]:80|web eth0|one|mapped",
    "8080|tcp|all|[fd06::3]:81|web2 eth0|one|waits for web eth0",
    "",
  ]);
  using server = Bun.listen({ hostname: "0.0.0.0", port: 8080, socket: { data: () => undefined } });
  const one = await lab.json("ports", "8080/tcp");
  expect(one["ports"]).toHaveLength(4);
  expect(one["ports"]).toContainEqual({
    ...{ hostPort: 8080, protocol: "tcp", address: "10.6.0.2", containerPort: 80 },
    ...{ network: "one", containerId: "web", ifName: "eth0", state: "mapped" },
    sources: ["own", "attachment"],
  });
  expect(one["listeners"]).toMatchObject([{ port: server.port, process: { pid: process.pid } }]);
  const free = await lab.hawser("ports", "81");
  expect([free.code, free.stdout]).toEqual([0, "port 81 is free; mapped are: 53, 8080\n"]);
  expect((await lab.hawser("ports", "81000")).code).toBe(2);
  const typo = await lab.hawser("ports", "--network", "onne");
  expect([typo.code, typo.stdout]).toEqual([1, ""]);
  expect(typo.stderr).toContain("did you mean one? there are: one, two");
  await lab.host.remove(blue);
  expect((await lab.json("ports", "8080"))["ports"]).toMatchObject([
    { containerId: "web", state: "dead" },
    { containerId: "web2", state: "waiting", holder: { containerId: "web" } },
    { containerId: "web", state: "dead" },
    { containerId: "web2", state: "waiting" },
  ]);
  await must(["nft", "flush", "ruleset"]);
  expect((await lab.json("ports", "53"))["ports"]).toMatchObject([
    { containerId: "web2", state: "missing", hostIP: "127.0.0.1" },
  ]);
});

test("pools tells how full ranges are, what is leaked, and which overlap", async () => {
  await lab.must("add", "one", "blue", "--id", "web");
  await lab.must("add", "one", "red", "--id", "web2");
  expect(await lab.json("pools", "one")).toMatchObject({
    pools: [
      { first: "10.6.0.1", inUse: 2, free: 3, excluded: 1, percent: 40, leaked: [] },
      { first: "fd06::1", inUse: 2, leaked: [] },
    ],
  });
  await lab.host.remove(blue);
  const { stdout } = await lab.hawser("pools");
  expect(stdout).toMatch(/^one +10\.6\.0\.1-10\.6\.0\.6 +2 +3 +40% +1 +1$/mu);
  expect(stdout).toContain(
    "reserved for what is gone are 10.6.0.2 (web eth0); hawser gc one --dead",
  );
  expect(stdout).toContain("10.6.0.1-10.6.0.6: overlaps with 10.6.0.1-10.6.255.254 of network two");
  const leaked = await lab.json("pools", "--leaked");
  expect(leaked["pools"]).toMatchObject([
    { leaked: [{ address: "10.6.0.2", containerId: "web", state: "orphan" }] },
    { leaked: [{ address: "fd06::2", state: "orphan" }] },
  ]);
  await lab.hawser("gc", "one", "--dead");
  expect((await lab.json("pools", "--leaked"))["pools"]).toEqual([]);
  const typo = await lab.hawser("pools", "onne");
  expect([typo.code, typo.stdout]).toEqual([3, ""]);
  expect(typo.stderr).toContain("did you mean one? there are: one, two");
});

test("what the Go plugins left is read without any of Hawser's notes", async () => {
  const pool = join(lab.node.path, "pool", "one");
  mkdirSync(pool, { recursive: true });
  writeFileSync(join(pool, "10.6.0.4"), "pod1\r\neth0");
  writeFileSync(join(pool, "last_reserved_ip.0"), "10.6.0.4");
  writeFileSync(join(pool, "lock"), "");
  mkdirSync("/var/lib/cni/results", { recursive: true });
  const result = {
    cniVersion: "1.0.0",
    interfaces: [{ name: "eth0", sandbox: blue.netns }],
    ips: [{ address: "10.6.0.4/29", interface: 0 }],
  };
  const entry = {
    ...{ kind: "cniCacheV1", containerId: "pod1", ifName: "eth0", networkName: "one" },
    ...{ netns: blue.netns, result },
    config: Buffer.from(readFileSync(join(lab.node.path, "one.conflist"))).toString("base64"),
  };
  writeFileSync("/var/lib/cni/results/one-pod1-eth0", JSON.stringify(entry));
  expect(await lab.json("ip", "10.6.0.4")).toMatchObject({
    holders: [{ containerId: "pod1", kernel: "absent", given: true }],
    history: [],
  });
  expect((await lab.json("pools", "one"))["pools"]).toMatchObject([
    { inUse: 1, leaked: [], lastReserved: "10.6.0.4" },
    { inUse: 0 },
  ]);
  rmSync("/var/lib/cni/results/one-pod1-eth0");
  expect((await lab.hawser("ip", "10.6.0.4")).stdout).toContain("pod1 eth0 of network one has it");
});
