import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../tests/support/descriptors.ts";
import { must } from "../../tests/support/exec.ts";
import type { Container } from "../../tests/support/host.ts";
import { ownPlugins } from "../../tests/support/own-plugins.ts";
import { startable } from "../../tests/support/programs.ts";
import { ruleset, run } from "../../tests/support/ruleset.ts";
import { fullList, PORT, piecesOf, SyncLab } from "../../tests/support/sync-lab.ts";
import { askFrom } from "../../tests/support/traffic.ts";
import { Runtime } from "../runtime/index.ts";
import type { AttachmentSync } from "./index.ts";

setDefaultTimeout(60_000);

let lab: SyncLab;
beforeAll(async () => {
  lab = await SyncLab.create();
});
afterEach(async () => {
  await lab.clear();
});
// Behind the end of the servers, which have pipes.
failOnLeakedDescriptors();
afterAll(async () => {
  await lab.host.remove(lab.outside);
});

const list = fullList();

async function attached(name: string, hostPort = PORT): Promise<Container> {
  const made = await lab.container(name);
  await lab.runtime.add(list, lab.conf(made, hostPort));
  return made;
}

/** What there is of strangers, without our tables. */
const strangers = (): unknown[] =>
  ruleset().filter((each) => !JSON.stringify(each).includes("hawser"));

function stateOf(reports: readonly AttachmentSync[]): string[] {
  return reports.map(({ containerId, state }) => `${containerId} ${state}`);
}

async function rightNow(name: string): Promise<void> {
  const [one] = lab.runtime.cachedAttachments(name);
  if (one === undefined) throw new Error(`${name} is not attached`);
  await lab.runtime.check(list, { ...one, netns: one.netns });
}

test("what is as it should be is touched by nothing", async () => {
  await attached("blue");
  const before = run(["nft", "-j", "list", "ruleset"]);
  const [report] = await lab.sync();
  expect(report).toMatchObject({ containerId: "blue", state: "fine" });
  for (const piece of ["bridge/masquerade", "portmap/port mappings", "firewall/firewall"]) {
    expect(piecesOf(report, "fine")).toContain(piece);
  }
  expect(run(["nft", "-j", "list", "ruleset"])).toBe(before);
});

test("a flushed ruleset: connections to the published port work again, strangers stay", async () => {
  const blue = await attached("blue");
  await lab.greeter(blue);
  const ask = async (): Promise<string> =>
    await askFrom(lab.outside, lab.outside.hostAddress4, PORT);
  expect(await ask()).toContain("blue");
  const whole = ruleset();
  run(["nft", "flush", "ruleset"]);
  run(["nft", "add table ip stranger; add chain ip stranger c; add rule ip stranger c accept"]);
  const foreign = run(["nft", "-j", "list", "table", "ip", "stranger"]);
  const dry = await lab.sync({ dryRun: true });
  expect(stateOf(dry)).toEqual(["blue restorable"]);
  expect(ruleset()).toHaveLength(strangers().length);
  const [report] = await lab.sync();
  expect(piecesOf(report, "left")).toEqual([]);
  expect(piecesOf(report, "restored")).toEqual([
    "bridge/source check",
    "bridge/masquerade",
    "portmap/port mappings",
    "firewall/firewall",
  ]);
  expect(await ask()).toContain("blue");
  expect(run(["nft", "-j", "list", "table", "ip", "stranger"])).toBe(foreign);
  run(["nft", "delete", "table", "ip", "stranger"]);
  const text = (each: unknown): string => JSON.stringify(each);
  expect(ruleset().map(text).toSorted()).toEqual(whole.map(text).toSorted());
  await rightNow("blue");
});

interface Damage {
  readonly does: (blue: Container) => unknown;
  readonly restored: readonly string[];
}

const inside = (words: string) => async (): Promise<string> =>
  await must(["ip", "-n", "blue", ...words.split(" ")]);
const outside = (words: string) => async (): Promise<string> => await must(words.split(" "));
const hostEnd = async (): Promise<string> => {
  const all = await must(["ip", "-j", "link", "show", "master", "br0"]);
  return (JSON.parse(all) as { ifname: string }[])[0]?.ifname ?? "";
};

const DAMAGES: Readonly<Record<string, Damage>> = {
  "a route of the container": {
    does: inside("route del 198.51.100.0/24"),
    restored: ["bridge/interface"],
  },
  "the default route": { does: inside("route del default"), restored: ["bridge/interface"] },
  "all routes of the container, that of its subnet among them": {
    does: inside("route flush table main"),
    restored: ["bridge/interface"],
  },
  "the container's address": {
    does: inside("address flush dev eth0"),
    restored: ["bridge/interface"],
  },
  "the interface's being up": {
    does: inside("link set eth0 down"),
    restored: ["bridge/interface"],
  },
  "the gateway's address": {
    does: outside("ip address flush dev br0"),
    restored: ["bridge/gateway", "bridge/static neighbours"],
  },
  "the bridge": {
    does: outside("ip link delete br0"),
    restored: [
      ...["bridge/bridge", "bridge/bridge port", "bridge/gateway", "bridge/static neighbours"],
      "portmap/loopback routing",
    ],
  },
  "the place in the bridge": {
    does: async () => await must(["ip", "link", "set", await hostEnd(), "nomaster"]),
    restored: ["bridge/bridge port"],
  },
  "a flag of the port": {
    does: async () =>
      await must(["bridge", "link", "set", "dev", await hostEnd(), "hairpin", "off"]),
    restored: ["bridge/bridge port"],
  },
  "forwarding of the port": {
    does: async () => await must(["bridge", "link", "set", "dev", await hostEnd(), "state", "0"]),
    restored: ["bridge/bridge port ready"],
  },
  "forwarding of the host": {
    does: () => writeFileSync("/proc/sys/net/ipv4/ip_forward", "0"),
    restored: ["bridge/forwarding"],
  },
  "a static neighbour": {
    does: outside("ip neighbour delete 10.1.0.2 dev br0"),
    restored: ["bridge/static neighbours"],
  },
  "a sysctl of the container": {
    does: async ({ netns }) =>
      await must(["nsenter", `--net=${netns}`, "sysctl", "-w", "net.core.somaxconn=7"]),
    restored: ["tuning/sysctl"],
  },
  "the MTU": {
    does: inside("link set eth0 mtu 1300"),
    restored: ["bridge/result", "tuning/link attributes"],
  },
  "the limit": {
    does: async () => await must(["tc", "qdisc", "delete", "dev", await hostEnd(), "root"]),
    restored: ["bandwidth/limit to the container"],
  },
  "another limit in its place": {
    does: async () =>
      await must([
        ...["tc", "qdisc", "change", "dev", await hostEnd(), "root", "handle", "1:"],
        ...["tbf", "rate", "1mbit", "burst", "100k", "latency", "25ms"],
      ]),
    restored: ["bandwidth/limit to the container"],
  },
  "a rule of a chain": {
    does: outside("nft flush chain inet hawser_ports prerouting"),
    restored: ["portmap/port mappings"],
  },
  "the elements of a map": {
    does: outside("nft flush map inet hawser_ports hostports4"),
    restored: ["portmap/port mappings"],
  },
  "the reservation": {
    does: () => rmSync("/var/lib/cni/networks/dbnet/10.1.0.2"),
    restored: ["bridge/addresses"],
  },
  "the note of the namespace": {
    does: () => rmSync("/run/hawser/netns", { recursive: true }),
    restored: ["bridge/namespace record"],
  },
};

for (const [what, { does, restored }] of Object.entries(DAMAGES)) {
  test(`${what}, when it is lost, is put back`, async () => {
    const blue = await attached("blue");
    await does(blue);
    const [report] = await lab.sync();
    expect([piecesOf(report, "left"), piecesOf(report, "restored")]).toEqual([[], [...restored]]);
    expect(report?.state).toBe("restored");
    await rightNow("blue");
    await lab.greeter(blue);
    expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("blue");
    expect(stateOf(await lab.sync())).toEqual(["blue fine"]);
    // And DEL finds all of it.
    await lab.runtime.del(list, lab.conf(blue));
    expect(JSON.stringify(ruleset())).not.toContain("hawser");
    expect(existsSync("/var/lib/cni/networks/dbnet/10.1.0.2")).toBe(false);
  });
}

test("a pair that is gone is named, with what mends it, and nothing is made for it", async () => {
  await attached("blue");
  await must(["ip", "link", "delete", await hostEnd()]);
  run(["nft", "flush", "ruleset"]);
  const [report] = await lab.sync();
  expect(report?.state).toBe("left");
  expect(piecesOf(report, "left")[0]).toBe("bridge/veth pair");
  expect(report?.plugins[0]?.pieces?.find(({ state }) => state === "left")).toMatchObject({
    missed: "interface eth0 is missing in the container",
    advice: "take the attachment away and add it again",
  });
});

test("an attachment without a namespace is not looked at, and told", async () => {
  const blue = await attached("blue");
  await must(["ip", "netns", "delete", blue.name]);
  const [report] = await lab.sync();
  expect(report).toMatchObject({
    state: "skipped",
    reason: "its namespace is gone",
    advice: "hawser gc dbnet --dead",
  });
  await lab.host.container("blue");
});

test("another container at the path gets nothing", async () => {
  const blue = await attached("blue");
  await must(["ip", "netns", "attach", "kept", String(await sleeper(blue))]);
  await must(["ip", "netns", "delete", "blue"]);
  await lab.host.container("blue");
  run(["nft", "flush", "ruleset"]);
  const [report] = await lab.sync();
  expect(report).toMatchObject({ state: "left" });
  expect(report?.reason).toContain("leads to another namespace");
  expect(ruleset()).toEqual([]);
  expect(await must(["ip", "-n", "blue", "-o", "link", "show"])).not.toContain("eth0");
  await must(["ip", "netns", "delete", "kept"]);
});

/** A process in a container, which keeps the namespace. */
async function sleeper({ netns }: Container): Promise<number> {
  const child = Bun.spawn(startable(["nsenter", `--net=${netns}`, "sleep", "5"]));
  await Bun.sleep(100);
  return child.pid;
}

test("an address that another container has by now is not taken, and nothing stands on it", async () => {
  await attached("blue");
  const file = "/var/lib/cni/networks/dbnet/10.1.0.2";
  writeFileSync(file, "red\r\neth0");
  run(["nft", "flush", "ruleset"]);
  const [report] = await lab.sync();
  expect(report?.state).toBe("left");
  expect(report?.plugins[0]?.pieces?.find(({ piece }) => piece === "addresses")).toMatchObject({
    state: "left",
    reason: expect.stringContaining("names another attachment") as string,
  });
  expect(readFileSync(file, "utf8")).toBe("red\r\neth0");
  expect(JSON.stringify(ruleset())).not.toContain("hawser_masquerade");
});

test("a port that another attachment has by now is named, and stays the other's", async () => {
  await attached("blue");
  run(["nft", "flush", "ruleset"]);
  const red = await attached("red");
  await lab.greeter(red);
  const reports = await lab.sync();
  const blue = reports.find(({ containerId }) => containerId === "blue");
  expect(piecesOf(blue, "left")).toEqual(["portmap/port mappings"]);
  const pieces = blue?.plugins.find(({ type }) => type === "portmap")?.pieces;
  expect(pieces?.[0]?.reason).toContain("dbnet red eth0");
  expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("red");
});

test("the holder of a port gets it back before those that waited, whichever is first", async () => {
  const blue = await attached("blue");
  const amber = await attached("amber");
  await lab.greeter(blue);
  await lab.greeter(amber);
  run(["nft", "flush", "ruleset"]);
  expect((await lab.sync({}, ["amber"]))[0]?.state).toBe("left");
  const reports = await lab.sync();
  expect(stateOf(reports).toSorted()).toEqual(["amber restored", "blue restored"]);
  expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("blue");
  await lab.runtime.del(list, lab.conf(blue));
  expect(await askFrom(lab.outside, lab.outside.hostAddress4, PORT)).toContain("amber");
});

test("what no record speaks of is not made", async () => {
  await attached("blue");
  rmSync("/run/hawser/ports", { recursive: true });
  rmSync("/run/hawser/firewall", { recursive: true });
  run(["nft", "flush", "ruleset"]);
  const [report] = await lab.sync();
  expect(piecesOf(report, "left")).toEqual(["portmap/port mappings", "firewall/firewall"]);
  expect(JSON.stringify(ruleset())).not.toContain("hawser_ports");
});

test("hostile: a container that puts a link of its own in the place of eth0 gets nothing", async () => {
  await attached("blue");
  const ports = async (): Promise<string> =>
    await must(["ip", "-j", "link", "show", "type", "veth"]);
  await inside("link delete eth0")();
  await inside("link add eth0 type veth peer name eth1")();
  const before = [await ports(), run(["nft", "-j", "list", "ruleset"])];
  const [report] = await lab.sync();
  expect(report?.state).toBe("left");
  expect(report?.plugins[0]?.pieces?.find(({ state }) => state === "left")?.missed).toBe(
    "the host's end of eth0 is missing",
  );
  expect([await ports(), run(["nft", "-j", "list", "ruleset"])]).toEqual(before);
  expect(await must(["ip", "-n", "blue", "-j", "address", "show", "dev", "eth0"])).not.toContain(
    "10.1.0.2",
  );
});

test("hostile: a record with the name of one attachment and the content of another proves nothing", async () => {
  await attached("blue");
  await attached("red", 8081);
  const files = readdirSync("/run/hawser/ports").filter((name) => name.endsWith(".json"));
  const [one = "", other = ""] = files.map((name) => join("/run/hawser/ports", name));
  const [first, second] = [readFileSync(one), readFileSync(other)];
  writeFileSync(one, second);
  writeFileSync(other, first);
  run(["nft", "flush", "ruleset"]);
  const reports = await lab.sync();
  expect(reports.map((each) => piecesOf(each, "left"))).toEqual([
    ["portmap/port mappings"],
    ["portmap/port mappings"],
  ]);
  expect(JSON.stringify(ruleset())).not.toContain("hawser_ports");
});

for (const locks of [true, false]) {
  const how = locks ? "whose runtime keeps locks" : "whose runtime keeps none";
  test(`hostile: a storm of ADD and DEL ${how}, with flushes: nothing of what is detached comes back`, async () => {
    const runtime = new Runtime({ pluginDirs: ["/plugins"], executor: ownPlugins(), locks });
    let isOver = false;
    const syncing = (async () => {
      while (!isOver) {
        run(["nft", "flush", "ruleset"]);
        await lab.sync();
        await Bun.sleep(1);
      }
    })();
    const storm = async (name: string, port: number): Promise<void> => {
      const made = await lab.container(name);
      for (let round = 0; round < 6; round++) {
        await runtime.add(list, lab.conf(made, port));
        await Bun.sleep(5 * round);
        await runtime.del(list, lab.conf(made, port));
      }
    };
    await Promise.all([storm("a", 8081), storm("b", 8082), storm("c", 8083)]);
    isOver = true;
    await syncing;
    expect(JSON.stringify(ruleset())).not.toContain("hawser");
    expect(readdirSync("/var/lib/cni/networks/dbnet").filter((each) => /^10/u.test(each))).toEqual(
      [],
    );
    expect(await must(["ip", "-o", "link", "show", "type", "veth"])).not.toContain("br0");
  });
}
