import { expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { failOnLeakedNetlinkSockets } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { GATEWAY4, type Member, resultOf } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { type PortCall, portLab } from "../../../tests/support/port-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

requireOwnNamespaces();

// Several attachments want one port of the host.

const lab = portLab(3);

failOnLeakedNetlinkSockets();

const WEB = [{ hostPort: 9044, containerPort: 80 }];
const NET1 = { network: "net1" };

async function plan(call: PortCall): Promise<readonly string[]> {
  const config = JSON.stringify(lab.config("ADD", call));
  const env = {
    CNI_CONTAINERID: call.member?.container.name ?? "c9",
    CNI_NETNS: call.member?.container.netns ?? "/nonexistent/netns",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/nonexistent/bin",
  };
  const io = { env, stdin: () => config, stdout: () => undefined, stderr: () => undefined };
  return (await plugin.plan?.(io)) ?? [];
}

const mapped = (number: number, more: PortCall = {}): PortCall => ({
  member: lab.member(number),
  mappings: WEB,
  ...more,
});
const bare = (number: number): PortCall => ({ containerId: `c${number}` });
const valid = (...numbers: number[]): PortCall => ({
  keys: {
    "cni.dev/valid-attachments": numbers.map((number) => ({
      containerID: `c${number}`,
      ifname: "eth0",
    })),
  },
});

async function ask(port = 9044): Promise<string> {
  const [name = ""] = (await lab.hostAgent.ask("tcp", GATEWAY4, port)).split(" ");
  return name;
}

/** Opens connections one after the other before, during and after `work`; gives the names that answered. */
async function answersDuring(work: () => Promise<void>): Promise<Set<string>> {
  // Of one that is under way, the work may be quicker.
  const answers = new Set([await ask()]);
  let isDone = false;
  const asking = (async () => {
    while (!isDone) answers.add(await ask());
  })();
  try {
    await work();
  } finally {
    isDone = true;
    await asking;
  }
  answers.add(await ask());
  return answers;
}

/** A container that serves nothing and can go. */
async function mortal(name: string): Promise<Member> {
  const container = await lab.host.container(name);
  const prevResult = resultOf(container.netns, ["10.1.0.77/16"]);
  return { ...lab.member(1), container, prevResult };
}

const WAITING = "/run/hawser/waiting";

test("case P1, podman#6065: a newcomer waits, says so, and neither its ADD nor its DEL moves the port of the one that lives", async () => {
  await lab.done("ADD", mapped(1));
  const answers = await answersDuring(async () => {
    const { stderr } = await lab.done("ADD", mapped(2));
    expect(stderr).toBe(
      "portmap: tcp port 9044 → 10.1.0.12:80 waits for net1 c1 eth0\n" +
        "portmap: tcp port 9044 → [fd00:10:1::12]:80 waits for net1 c1 eth0\n",
    );
    await lab.done("CHECK", mapped(1));
    await lab.done("CHECK", mapped(2));
    await lab.done("DEL", bare(2));
    await lab.done("CHECK", mapped(1));
  });
  expect([...answers]).toEqual(["c1"]);
  expect(existsSync(WAITING)).toBe(true);
  expect(readdirSync(WAITING)).toEqual([]);
});

test("case P1: a later ADD of the list fails, and what portmap takes back is the newcomer's claim alone", async () => {
  await lab.done("ADD", mapped(1, { keys: { snat: false } }));
  const key = "/proc/sys/net/ipv4/conf/br0/route_localnet";
  writeFileSync("/run/zero", "0\n");
  await must(["mount", "--bind", "/run/zero", key]);
  await must(["mount", "-o", "remount,bind,ro", key]);
  const answers = await answersDuring(async () => {
    const { json } = await lab.call("ADD", mapped(2));
    expect(json).toMatchObject({
      code: 5,
      msg: expect.stringContaining("route_localnet") as string,
    });
  });
  await must(["umount", key]);
  expect([...answers]).toEqual(["c1"]);
  expect(readdirSync(WAITING)).toEqual([]);
  await lab.done("DEL", bare(1));
  expect(await ask()).toBe("no");
});

test("case P1: who waits inherits on DEL, in the order of arrival, without a gap", async () => {
  const before = await lab.host.snapshot();
  await lab.done("ADD", mapped(1));
  await lab.done("ADD", mapped(3));
  await lab.done("ADD", mapped(2));
  const answers = await answersDuring(async () => {
    await lab.done("DEL", bare(1));
  });
  expect([...answers].toSorted()).toEqual(["c1", "c3"]);
  await lab.done("CHECK", mapped(3));
  await lab.done("CHECK", mapped(2));
  await lab.done("DEL", mapped(3));
  expect(await ask()).toBe("c2");
  await lab.done("CHECK", mapped(2));
  await lab.done("DEL", bare(2));
  expect(await ask()).toBe("no");
  expect(leaks(diff(before, await lab.host.snapshot()))).toEqual([]);
});

test("case P1: the same when the owner records are lost", async () => {
  await lab.done("ADD", mapped(1));
  await lab.done("ADD", mapped(2));
  await lab.done("ADD", mapped(3));
  rmSync("/run/hawser/ports", { recursive: true });
  await lab.done("DEL", bare(2));
  await lab.done("DEL", bare(1));
  expect(await ask()).toBe("c3");
});

test("case P1: who waits inherits on GC, unless it is not valid any more either", async () => {
  for (const number of [1, 2, 3]) await lab.done("ADD", mapped(number));
  const answers = await answersDuring(async () => {
    await lab.done("GC", valid(3));
  });
  expect([...answers].toSorted()).toEqual(["c1", "c3"]);
  expect(readdirSync(WAITING)).toEqual([]);
  await lab.done("CHECK", mapped(3));
});

test("case P1: GC gives a port that nobody has to who waits for it", async () => {
  await lab.done("ADD", mapped(1));
  await lab.done("ADD", mapped(2));
  const element = "hostports4 { tcp . 9044 }";
  await must(["nft", "delete", "element", "inet", "hawser_ports", ...element.split(" ")]);
  const { json } = await lab.call("CHECK", mapped(2));
  expect(json).toMatchObject({ code: 100 });
  await lab.done("GC", valid(1, 2));
  expect(await ask()).toBe("c2");
  await lab.done("CHECK", mapped(2));
});

test("case P1: a port whose holder's namespace is gone without DEL is taken over at once", async () => {
  const gone = await mortal("gone");
  await lab.done("ADD", mapped(1, { member: gone }));
  await lab.host.remove(gone.container);
  const text = "from net1 gone eth0, whose namespace is gone";
  // Without a result, as `hawser plan` asks.
  expect(await plan({ mappings: WEB })).toEqual([
    `port mappings: tcp port 9044 → port 80 of the container (takes over ${text})`,
  ]);
  const { stderr } = await lab.done("ADD", mapped(2));
  expect(stderr).toBe(`portmap: tcp port 9044 → 10.1.0.12:80 takes over ${text}\n`);
  expect(await ask()).toBe("c2");
  await lab.done("DEL", { containerId: "gone" });
  expect(await ask()).toBe("c2");
  await lab.done("CHECK", mapped(2));
});

test("case P1: the namespace of a holder with a very long name is known by its record", async () => {
  const gone = await mortal("gone");
  const containerId = "i".repeat(200);
  await lab.done("ADD", mapped(1, { member: gone, containerId }));
  await lab.host.remove(gone.container);
  await lab.done("ADD", mapped(2));
  expect(await ask()).toBe("c2");
});

test("case P1: a namespace that is gone comes to no turn, neither at DEL nor before a newcomer", async () => {
  const gone = await mortal("gone");
  await lab.done("ADD", mapped(1));
  await lab.done("ADD", mapped(1, { member: gone }));
  await lab.done("ADD", mapped(2));
  await lab.host.remove(gone.container);
  await lab.done("DEL", bare(1));
  expect(await ask()).toBe("c2");
  await lab.done("GC", valid(2));
  expect(existsSync(`${WAITING}/hawser_ports`)).toBe(false);
});

test("case P1: a newcomer that finds a dead holder stands behind those that waited before", async () => {
  const gone = await mortal("gone");
  await lab.done("ADD", mapped(1, { member: gone }));
  await lab.done("ADD", mapped(1));
  await lab.host.remove(gone.container);
  const { stderr } = await lab.done("ADD", mapped(2));
  expect(stderr).toContain("waits for net1 c1 eth0\n");
  expect(await ask()).toBe("c1");
  await lab.done("CHECK", mapped(1));
  await lab.done("DEL", bare(1));
  expect(await ask()).toBe("c2");
});

test("case P1: with portConflict refuse a taken port is an error, and what is free is not mapped either", async () => {
  const keys = { portConflict: "refuse" };
  await lab.done("ADD", mapped(1));
  const mappings = [{ hostPort: 9043, containerPort: 80 }, ...WEB];
  const { json } = await lab.call("ADD", mapped(2, { mappings, keys }));
  expect(json).toMatchObject({
    code: 11,
    msg: "tcp port 9044 → 10.1.0.12:80: net1 c1 eth0 has the port",
  });
  expect([await ask(9043), await ask()]).toEqual(["no", "c1"]);
  expect(existsSync(`${WAITING}/hawser_ports`)).toBe(false);
  await lab.done("DEL", bare(1));
  await lab.done("ADD", mapped(2, { mappings, keys }));
  expect([await ask(9043), await ask()]).toEqual(["c2", "c2"]);
});

test("case P1: one container that maps a port on two of its networks is no conflict", async () => {
  const { container } = lab.member(1);
  await must(["ip", "-n", container.name, "address", "add", "10.1.0.99/16", "dev", "eth0"]);
  const prevResult = resultOf(container.netns, ["10.1.0.99/16"], "eth1");
  const second = mapped(1, {
    ...{ network: "net2", ifName: "eth1", keys: { portConflict: "refuse" } },
    member: { ...lab.member(1), prevResult },
  });
  await lab.done("ADD", mapped(1));
  const { stderr } = await lab.done("ADD", second);
  expect(stderr).toBe("");
  await lab.done("CHECK", mapped(1));
  await lab.done("CHECK", second);
  await lab.done("DEL", { ...bare(1), ...NET1 });
  expect(await ask()).toBe("c1");
  await lab.done("CHECK", second);
  await lab.done("DEL", { ...bare(1), network: "net2", ifName: "eth1" });
  expect(await ask()).toBe("no");
  await must(["ip", "-n", container.name, "address", "delete", "10.1.0.99/16", "dev", "eth0"]);
});

test("case P1, kind: a port of one address waits for the container that has it on all addresses", async () => {
  const { outside } = lab;
  const only = mapped(2, { mappings: [{ hostPort: 9044, containerPort: 80, hostIP: GATEWAY4 }] });
  const fromOutside = async (): Promise<string> => {
    const answer = await lab.outsideAgent.ask("tcp", outside.hostAddress4, 9044);
    return answer.split(" ")[0] ?? "";
  };
  const both = async (): Promise<string[]> => [await ask(), await fromOutside()];
  await lab.done("ADD", mapped(1));
  const waits = `portmap: tcp ${GATEWAY4}:9044 → 10.1.0.12:80 waits for net1 c1 eth0\n`;
  expect((await lab.done("ADD", only)).stderr).toBe(waits);
  expect(await both()).toEqual(["c1", "c1"]);
  await lab.done("CHECK", mapped(1));
  expect((await lab.done("CHECK", only)).stderr).toBe(waits);
  await lab.done("DEL", bare(1));
  expect(await both()).toEqual(["c2", "no"]);
  // A later claim to all addresses gets those that are free.
  expect((await lab.done("ADD", mapped(1))).stderr).toBe("");
  expect(await both()).toEqual(["c2", "c1"]);
  await lab.done("DEL", bare(2));
  expect(await both()).toEqual(["c1", "c1"]);
  const refused = { ...only, keys: { portConflict: "refuse" } };
  expect((await lab.call("ADD", refused)).json).toMatchObject({ code: 11 });
});

test("case P1, kind: claims on all addresses and on one come to their turns in one order", async () => {
  const only = (number: number): PortCall =>
    mapped(number, { mappings: [{ hostPort: 9044, containerPort: 80, hostIP: GATEWAY4 }] });
  const holders = async (): Promise<string[]> => {
    const found = await must(["nft", "list", "table", "inet", "hawser_ports"]);
    return [...found.matchAll(/(\S+)?(?: \. )?tcp \. 9044 comment "net1 (\w+) .*?: (\S+) /gu)]
      .filter(([, , , to]) => to?.startsWith("10.") === true)
      .map(([, ip, name]) => `${ip === undefined ? "all" : "one"} ${name}`);
  };
  await lab.done("ADD", mapped(1));
  await lab.done("ADD", only(2));
  await lab.done("ADD", mapped(3));
  expect(await holders()).toEqual(["all c1"]);
  await lab.done("DEL", bare(1));
  expect((await holders()).toSorted()).toEqual(["all c3", "one c2"]);
  await lab.done("CHECK", only(2));
  await lab.done("CHECK", mapped(3));
  await lab.done("DEL", bare(2));
  await lab.done("ADD", only(2));
  await lab.done("ADD", only(1));
  expect(await holders()).toEqual(["all c3"]);
  await lab.done("GC", valid(1, 2));
  expect(await holders()).toEqual(["one c2"]);
  await lab.done("DEL", bare(2));
  expect(await holders()).toEqual(["one c1"]);
  expect(readdirSync(WAITING)).toEqual([]);
});

test("case P1: CHECK of one that waits says so, and fails when the one before it is gone", async () => {
  const gone = await mortal("gone");
  await lab.done("ADD", mapped(1, { member: gone }));
  await lab.done("ADD", mapped(2));
  const { stderr } = await lab.done("CHECK", mapped(2));
  expect(stderr).toContain("portmap: tcp port 9044 → 10.1.0.12:80 waits for net1 gone eth0\n");
  await lab.host.remove(gone.container);
  const { json } = await lab.call("CHECK", mapped(2));
  expect(json).toMatchObject({
    code: 100,
    details: "the one in its place is of net1 gone eth0",
  });
  await lab.done("DEL", { containerId: "gone" });
  expect((await lab.done("CHECK", mapped(2))).stderr).toBe("");
  expect(await ask()).toBe("c2");
});

test("case P1, kind: of overlapping ranges each port has its own holder", async () => {
  const range = (hostPort: number): object[] => [{ hostPort, containerPort: 80, range: 3 }];
  await lab.done("ADD", mapped(1, { mappings: range(9000) }));
  await lab.done("ADD", mapped(2, { mappings: range(9001) }));
  const holders = async (): Promise<string[]> => {
    const found = await must(["nft", "list", "map", "inet", "hawser_ports", "hostports4"]);
    return [...found.matchAll(/tcp \. (\d+) comment "net1 (\w+) /gu)]
      .map(([, port, name]) => `${port} ${name}`)
      .toSorted();
  };
  expect(await holders()).toEqual(["9000 c1", "9001 c1", "9002 c1", "9003 c2"]);
  await lab.done("DEL", bare(1));
  expect(await holders()).toEqual(["9001 c2", "9002 c2", "9003 c2"]);
});

test("case P1: an ADD that is repeated keeps the port, and the place among those that wait", async () => {
  for (const number of [1, 2, 3]) await lab.done("ADD", mapped(number));
  const answers = await answersDuring(async () => {
    await lab.done("ADD", mapped(2));
    await lab.done("ADD", mapped(1));
  });
  expect([...answers]).toEqual(["c1"]);
  await lab.done("DEL", bare(1));
  expect(await ask()).toBe("c2");
});

test("case P1: a claim that a crash left beside its own element is nobody's turn", async () => {
  for (const number of [1, 2]) await lab.done("ADD", mapped(number));
  // DEL of the holder ends between the transaction and the removal of the claim.
  cpSync(WAITING, "/run/crashed", { recursive: true });
  await lab.done("DEL", bare(1));
  cpSync("/run/crashed", WAITING, { recursive: true });
  await lab.done("CHECK", mapped(2));
  await lab.done("ADD", mapped(3));
  await lab.done("DEL", bare(2));
  expect(await ask()).toBe("c3");
  cpSync("/run/crashed", WAITING, { recursive: true });
  await lab.done("GC", valid(3));
  expect(await ask()).toBe("c3");
  expect(existsSync(`${WAITING}/hawser_ports`)).toBe(false);
});

test("case P1: plan says what a mapping waits for, and touches nothing", async () => {
  await lab.done("ADD", mapped(1));
  const files = (): string[] => readdirSync("/run/hawser", { recursive: true }).map(String);
  const before = files();
  const waits = "(waits for net1 c1 eth0)";
  expect(await plan({ ...mapped(2), ...NET1 })).toEqual([
    `port mappings: tcp port 9044 → 10.1.0.12:80 ${waits}, tcp port 9044 → [fd00:10:1::12]:80 ${waits}`,
    "loopback routing: 127.0.0.1 of the host may reach 10.1.0.12",
  ]);
  expect(await plan(mapped(1))).toEqual([
    "port mappings: tcp port 9044 → 10.1.0.11:80, tcp port 9044 → [fd00:10:1::11]:80",
    "loopback routing: 127.0.0.1 of the host may reach 10.1.0.11",
  ]);
  expect(files()).toEqual(before);
});

test("case P1: UDP flows of the one that has the port go on when another comes to wait for it", async () => {
  const mappings = [{ hostPort: 9053, containerPort: 80, protocol: "udp" }];
  await lab.done("ADD", mapped(1, { mappings }));
  const flow = async (): Promise<string> =>
    (await lab.outsideAgent.ask("udp", lab.outside.hostAddress4, 9053, 40_053)).split(" ")[0] ?? "";
  expect(await flow()).toBe("c1");
  const flows = (): string =>
    readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8").trim();
  const count = flows();
  await lab.done("ADD", mapped(2, { mappings }));
  expect(flows()).toBe(count);
  await lab.done("DEL", bare(1));
  expect(await flow()).toBe("c2");
});
