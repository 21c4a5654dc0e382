import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliLab } from "../../tests/support/cli-lab.ts";
import { must } from "../../tests/support/exec.ts";
import { type Container, containerNamed } from "../../tests/support/host.ts";
import type { JsonObject } from "../spec/index.ts";

setDefaultTimeout(60_000);

const blue = containerNamed("blue");
const red = containerNamed("red");
const lab = cliLab({ containers: ["blue", "red"] });

beforeEach(() => {
  lab.node.network("one", [bridge("br1")]);
  lab.node.network("two", [bridge("br2")]);
});

function bridge(name: string): JsonObject {
  const ipam = { type: "host-local", subnet: "10.6.0.0/24", dataDir: join(lab.node.path, "pool") };
  return { type: "bridge", bridge: name, isGateway: true, ipam };
}

/** Attaches a container as a runtime does that knows nothing of Hawser's command line. */
async function addByPlugin(containerId: string, { netns }: Container): Promise<void> {
  const env = {
    ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: containerId, CNI_NETNS: netns, CNI_IFNAME: "eth0" },
  };
  const config = { cniVersion: "1.1.0", name: "one", ...bridge("br1") };
  const { code } = await lab.start("bridge", [], { env, stdin: JSON.stringify(config) });
  expect(code).toBe(0);
}

async function hasEth0({ name }: Container): Promise<boolean> {
  return (await must(["ip", "-n", name, "-j", "link", "show"])).includes('"eth0"');
}

test("case K1: gc knows, shows and counts what plugins attached for other runtimes", async () => {
  await addByPlugin("abcdef01", blue);
  await addByPlugin("abcdef02", red);
  const dry = await lab.hawser("gc", "one", "--none-valid", "--dry-run");
  expect(dry.stdout).toContain("would remove abcdef01:eth0\n");
  expect(dry.stdout).toContain("2 of the known attachments would be removed");
  expect([await hasEth0(blue), await hasEth0(red)]).toEqual([true, true]);
  const gc = await lab.hawser("gc", "one", "--valid", "abcdef02:eth0");
  expect(gc.stdout).toContain("removed abcdef01:eth0\n");
  expect(gc.stdout).toContain("one: 1 removed, 1 valid");
  expect([await hasEth0(blue), await hasEth0(red)]).toEqual([false, true]);
});

test("case K1, kind: gc --dead removes what has no namespace any more, and nothing else", async () => {
  await addByPlugin("dead", blue);
  await addByPlugin("alive", red);
  await lab.must("add", "two", "blue", "--ifname", "eth1");
  await lab.host.remove(blue);
  await lab.container("new");
  const dry = await lab.json("gc", "one", "--dead", "--dry-run");
  expect(dry["stale"]).toMatchObject([{ containerId: "dead" }]);
  expect((await lab.json("gc", "one", "--dead"))["removed"]).toMatchObject([
    { containerId: "dead" },
  ]);
  expect(await hasEth0(red)).toBe(true);
  expect((await lab.json("gc", "two", "--dead"))["removed"]).toHaveLength(1);
  const left = await lab.json("status", "one");
  expect(left["attachments"]).toMatchObject([{ containerId: "alive" }]);
});

test("case K1, kind: a namespace of the same path is not the one that died", async () => {
  await lab.must("add", "one", "blue");
  await lab.host.remove(blue);
  await lab.container("blue");
  expect((await lab.json("gc", "one", "--dead"))["removed"]).toMatchObject([{ netns: blue.netns }]);
  await lab.must("add", "one", "blue");
});

test("case K3: del of a typo says that nothing was there, and what is", async () => {
  await addByPlugin("abcdef01", blue);
  for (const words of [["nope"], ["--id", "xyz"], ["blue", "--ifname", "eth7"]]) {
    const del = await lab.hawser("del", "one", ...words);
    expect([del.code, del.stderr]).toEqual([0, ""]);
    expect(del.stdout).toMatch(
      /^nothing was attached to one by the name \S+; attached are: abcdef01:eth0\n$/,
    );
  }
  expect(await hasEth0(blue)).toBe(true);
  expect(await lab.json("del", "one", "nope")).toMatchObject({
    attached: false,
    others: [{ containerId: "abcdef01" }],
  });
});

test("case K4: the beginning of an ID will do, and the path is known", async () => {
  const id = `${"c0ffee".padEnd(63, "0")}1`;
  await lab.must("add", "one", "blue", "--id", id);
  await lab.must("add", "one", "red", "--id", `c0ffff${"0".repeat(58)}`);
  expect(await lab.json("check", "one", "--id", "c0ffee")).toMatchObject({
    ...{ containerId: id, netns: blue.netns },
  });
  const several = await lab.hawser("del", "one", "--id", "c0ff");
  expect([several.code, several.stderr.includes("is the beginning of several")]).toEqual([2, true]);
  expect((await lab.hawser("del", "one", "--id", "c0ffee")).stdout).toContain(
    `${id} is not attached`,
  );
  expect([await hasEth0(blue), await hasEth0(red)]).toEqual([false, true]);
});

test("case K4, kind: a namespace names what another runtime attached there", async () => {
  await addByPlugin("abcdef01", blue);
  const check = await lab.hawser("check", "one", "blue");
  expect(check.code).toBe(1);
  expect(check.stderr).toContain("to do: its runtime keeps the result of the add");
  expect((await lab.hawser("del", "one", "blue")).stdout).toContain("abcdef01 is not attached");
  expect(await hasEth0(blue)).toBe(false);
});

test("case R2, kind: what another network attached under that interface is refused and untouched", async () => {
  const first = await lab.json("add", "one", "blue");
  const second = await lab.hawser("add", "two", "blue");
  expect(second.code).toBe(1);
  expect(second.stdout).not.toContain("taken back");
  expect(second.stderr).toContain(
    `to do: network one has attached eth0 there: run \`hawser del one --id`,
  );
  await lab.must("check", "one", "blue");
  await lab.must("del", "two", "blue");
  await lab.must("check", "one", "blue");
  expect(await lab.json("plan", "two", "blue")).toMatchObject({
    attached: { network: "one", containerId: first["containerId"] },
  });
});

test("case R2, kind: after a reboot the first add works", async () => {
  await lab.must("add", "one", "blue");
  const [file = ""] = await Array.fromAsync(new Bun.Glob("*").scan("/var/lib/cni/results"));
  const path = join("/var/lib/cni/results", file);
  writeFileSync(path, readFileSync(path, "utf8").replace(/"bootId":"[^"]*"/, '"bootId":"old"'));
  rmSync("/run/hawser/netns", { recursive: true });
  await lab.host.remove(blue);
  await lab.container("blue");
  const again = await lab.hawser("add", "one", "blue");
  expect([again.code, again.stderr]).toEqual([0, ""]);
  expect(await hasEth0(blue)).toBe(true);
});

test("case R1, kind: check, del and gc work when the file is gone", async () => {
  for (const name of ["blue", "red"]) await lab.must("add", "one", name);
  rmSync(join(lab.node.path, "one.conflist"));
  const check = await lab.hawser("check", "one", "blue");
  expect([
    check.code,
    check.stderr.includes("the configuration of the latest add is used"),
  ]).toEqual([...[0, true]]);
  await lab.must("del", "one", "blue");
  expect((await lab.hawser("gc", "one", "--none-valid")).stdout).toContain("1 removed");
  expect([await hasEth0(blue), await hasEth0(red)]).toEqual([false, false]);
  expect((await lab.hawser("check", "one", "blue")).code).toBe(3);
});

test("case K7: on a full disk an add is made, and a del takes away", async () => {
  const full = openSync("/dev/full", "w");
  try {
    for (const [words, attached] of [
      [["add", "one", "blue"], true],
      [["del", "one", "blue"], false],
      [["add", "one", "blue", "--json"], true],
    ] as const) {
      const { code, stderr } = await lab.start("hawser", words, { stdout: full });
      expect([words, code, await hasEth0(blue)]).toEqual([words, 5, attached]);
      expect(stderr).toContain("the answer could not be written to stdout: ENOSPC");
    }
    const refused = await lab.start("hawser", ["add", "one", "blue"], { stdout: full });
    expect([refused.code, await hasEth0(blue)]).toEqual([1, true]);
  } finally {
    closeSync(full);
  }
});

test("case K7, kind: cnitool on a full disk does what it was asked for", async () => {
  const full = openSync("/dev/full", "w");
  const { code } = await lab.start("cnitool", ["add", "one", blue.netns], { stdout: full });
  closeSync(full);
  expect([code, await hasEth0(blue)]).toEqual([1, true]);
});

test("case K13: status tells an add that was cut short from one that is done", async () => {
  await lab.must("add", "one", "blue");
  const [file = ""] = await Array.fromAsync(new Bun.Glob("*").scan("/var/lib/cni/results"));
  const path = join("/var/lib/cni/results", file);
  const { result: _, ...entry } = JSON.parse(readFileSync(path, "utf8")) as JsonObject;
  writeFileSync(path, JSON.stringify(entry));
  await lab.must("add", "one", "red");
  const status = await lab.hawser("status", "one");
  expect(status.stdout).toContain("one is ready; containers attached: 1, not finished: 1");
  const found = (await lab.json("status", "one"))["attachments"] as {
    netns: string;
    finished: boolean;
  }[];
  expect(new Map(found.map(({ netns, finished }) => [netns, finished]))).toEqual(
    new Map([
      [blue.netns, false],
      [red.netns, true],
    ]),
  );
});

test("case K5: a namespace of the host's, or none, leaves no note, and the cause is told with a name", async () => {
  const typo = await lab.hawser("add", "one", "bleu");
  expect(typo.stdout.trim().split("\n")).toHaveLength(1);
  expect(typo.stderr).toContain("to do: there is no namespace /run/netns/bleu; did you mean blue?");
  expect((await lab.hawser("add", "one", "/proc/self/ns/net")).code).toBe(1);
  expect(await lab.json("status", "one")).toMatchObject({ attachments: [] });
});

test("case K8: status without a network asks all, and old networks too", async () => {
  lab.node.network("old", [bridge("br3")], { cniVersion: "1.0.0" });
  lab.node.network("typo", [
    { type: "bridge", ipam: { type: "host-local", subnett: "10.9.0.0/24" } },
  ]);
  await lab.must("add", "one", "blue");
  const { code, stdout, stderr } = await lab.hawser("status");
  expect(code).toBe(1);
  expect(stdout).toContain("old is ready; containers attached: 0\n");
  expect(stdout).toContain("one is ready; containers attached: 1\n");
  expect(stdout).toContain("typo is not ready\n");
  expect(stderr).toContain("no IP ranges specified");
  const answer = await lab.json("status");
  expect(answer["networks"]).toMatchObject(
    [
      ...[
        { network: "old", ready: true, asked: true },
        { network: "one", ready: true },
      ],
      ...[
        { network: "two", ready: true },
        { network: "typo", ready: false, error: { code: 7 } },
      ],
    ].sort((one, other) => one.network.localeCompare(other.network)),
  );
});

test("case K8, kind: a node without a network is not ready", async () => {
  for (const name of ["one", "two"]) rmSync(join(lab.node.path, `${name}.conflist`));
  const { code, stdout } = await lab.hawser("status");
  expect([code, stdout]).toEqual([
    3,
    expect.stringContaining("no network is configured") as string,
  ]);
  expect(await lab.json("status")).toMatchObject({ ready: false, networks: [] });
});

test("case K9: plan asks IPAM, says what is attached already and how that differs", async () => {
  const before = await lab.hawser("plan", "one", "blue");
  expect(before.code).toBe(0);
  expect(before.stdout).toContain("+ host-local: address reservation: 10.6.0.2, noted in");
  await lab.must("add", "one", "blue");
  const plan = await lab.json("plan", "one", "blue");
  expect(plan).toMatchObject({ attached: { network: "one", netns: blue.netns } });
  expect(plan).not.toHaveProperty("difference");
  await must(["ip", "-n", "blue", "address", "flush", "dev", "eth0"]);
  const after = await lab.hawser("plan", "one", "blue");
  expect(after.code).toBe(1);
  expect(after.stdout).toContain("is attached to one as eth0 already: add would be refused\n");
  expect(after.stdout).toMatch(/it is not as it should be: .*10\.6\.0\.2/);
});

test("case K10: every answer is of one form, errors too", async () => {
  const { containerId } = await lab.json("add", "one", "blue");
  const identity = { network: "one", containerId, ifName: "eth0", netns: blue.netns };
  expect(await lab.json("add", "one", "blue")).toMatchObject({
    ...{ operation: "ADD", ...identity, error: { code: 4 } },
  });
  expect(await lab.json("check", "one", "blue")).toMatchObject({ operation: "CHECK", ...identity });
  for (const words of [["status", "one"], ["status"], ["version", "one"]]) await lab.json(...words);
  expect(await lab.json("del", "one", "blue")).toMatchObject({ operation: "DEL", attached: true });
  expect(await lab.json("gc", "one", "--none-valid")).toMatchObject({
    operation: "GC",
    removed: [],
  });
  expect(await lab.json("add", "nope", "blue")).toMatchObject({
    network: "nope",
    error: { code: 7 },
  });
});
