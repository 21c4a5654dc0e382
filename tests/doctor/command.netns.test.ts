import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../src/spec/index.ts";
import { must } from "../support/exec.ts";
import { answerProblems } from "../support/json-schema.ts";
import { listenOn } from "./listener.ts";
import { bridgeNetwork, type Keys, World } from "./world.ts";

/** The command itself: what it takes for a container, prints, and ends with. */

setDefaultTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterEach(async () => {
  await world.tidy();
});
afterAll(() => world.close());

/** Attaches a container of a pod; gives its namespace's name. */
async function attach(id: string, network: Keys = bridgeNetwork("net1")): Promise<string> {
  world.write("10-net.conflist", network);
  const { name } = await world.container();
  const pod = [
    "--arg",
    "IgnoreUnknown=1",
    "--arg",
    `K8S_POD_NAME=pod-${id}`,
    "--arg",
    "K8S_POD_NAMESPACE=default",
  ];
  await world.must("add", "net1", name, "--id", id, ...pod);
  return name;
}

test("a container is known by its ID, a beginning, its pod, its namespace and its network", async () => {
  const name = await attach("0123abcd");
  const words = ["0123abcd", "0123", "pod-0123abcd", "default/pod-0123abcd"];
  for (const word of [...words, name, `/run/netns/${name}`, "net1"]) {
    const { code, stdout } = await world.hawser("doctor", word);
    expect([word, code, stdout]).toEqual([
      word,
      0,
      expect.stringContaining("nothing is wrong") as string,
    ]);
    expect(stdout).toContain("(eth0) in net1\n✓ configuration: ");
  }
});

test("a name that nothing has is no success, and says what there is", async () => {
  await attach("0123abcd");
  const { code, stdout, stderr } = await world.hawser("doctor", "pod-0123abce");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("pod-0123abce");
  expect(stderr).toContain("did you mean");
});

test("each failed stage is named, with the finding and the command under it", async () => {
  const name = await attach("web");
  await must(["ip", "-n", name, "route", "delete", "default"]);
  const { code, stdout } = await world.hawser("doctor", "web");
  expect(code).toBe(1);
  expect(stdout).toContain(
    [
      "✗ route in the container",
      "    the container has no route to what lies beyond its subnet [route-missing]",
      `      nsenter --net=/run/netns/${name} ip route add default via 10.1.0.1 dev eth0`,
      "",
    ].join("\n"),
  );
  expect(stdout).toEndWith("failed: route in the container\n");
  expect(stdout).not.toContain("looked at");
  const verbose = (await world.hawser("doctor", "web", "--verbose")).stdout;
  expect(verbose).toContain("    looked at ip route get 198.51.100.1 in the container\n");
});

test("a stage behind one that found nothing is not reached, and the rest goes on", async () => {
  const name = await attach("web");
  await must(["ip", "netns", "delete", name]);
  const { states, code } = await world.doctor("web");
  expect(code).toBe(1);
  expect(states).toMatchObject({
    configuration: "passed",
    executables: "passed",
    attachment: "passed",
    reservation: "passed",
    namespace: "failed",
    interface: "not-reached",
    bridge: "not-reached",
    limits: "passed",
  });
});

test("a namespace that nothing is known of is examined as far as it goes", async () => {
  world.write("10-net.conflist", bridgeNetwork("net1"));
  const { name } = await world.container();
  const { states, findings } = await world.doctor(name);
  expect(states).toMatchObject({ attachment: "warned", namespace: "passed", interface: "failed" });
  expect(findings.map((each) => each.name)).toEqual(["attachment-unknown", "interface-missing"]);
});

test("the configuration is broken, and the container is examined by that of its ADD", async () => {
  await attach("web");
  world.write("10-net.conflist", '{"cniVersion": "1.1.0",\n "name": "net1", plugins');
  const { states, findings } = await world.doctor("web");
  expect(states).toMatchObject({ configuration: "failed", bridge: "passed", masquerade: "passed" });
  expect(findings[0]?.message).toMatch(/10-net\.conflist:\d+:\d+: /);
});

test("--to asks for one packet, of either family", async () => {
  await attach("web");
  expect((await world.doctor("web", "--to", "192.0.2.2:443")).findings).toEqual([]);
  expect((await world.doctor("web", "--to", "[2001:db8::2]:53/udp")).findings).toEqual([]);
  expect((await world.doctor("web", "--to", "10.1.0.1:80")).findings).toEqual([]);
  await must(["ip", "route", "add", "unreachable", "203.0.113.0/24"]);
  const { findings } = await world.doctor("web", "--to", "203.0.113.7:80");
  await must(["ip", "route", "delete", "unreachable", "203.0.113.0/24"]);
  expect(findings.map(({ name }) => name)).toEqual(["route-on-host-missing"]);
  const wrong = await world.hawser("doctor", "web", "--to", "example.org:80");
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining("Write ADDRESS:PORT") as string,
  ]);
  const alone = await world.hawser("doctor", "--to", "192.0.2.2:443");
  expect([alone.code, alone.stderr]).toEqual([
    2,
    expect.stringContaining("name the container") as string,
  ]);
});

test("--trace sends a packet and tells its story", async () => {
  const name = await attach("web");
  const { stdout, code } = await world.hawser("doctor", "web", "--to", "192.0.2.2:81", "--trace");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /sent: the first packet of a TCP connection from 10\.1\.0\.\d+:\d+ to 192/,
  );
  const without = await world.hawser("doctor", "web", "--trace");
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("--to") as string]);
  await must(["ip", "netns", "delete", name]);
  const gone = await world.hawser("doctor", "web", "--to", "192.0.2.2:81", "--trace");
  expect(gone.stdout).toEndWith("no packet was sent: the container's namespace was not found\n");
});

test("answers for programs are as docs/cli.schema.json says", async () => {
  const name = await attach("web");
  using _ = listenOn(8080);
  await must(["ip", "-n", name, "link", "set", "eth0", "down"]);
  const trace = ["--to", "192.0.2.2:81", "--trace"];
  for (const words of [[], ["web"], ["web", ...trace], ["nothing"]]) {
    const { stdout } = await world.hawser("doctor", ...words, "--json");
    expect([words, answerProblems(JSON.parse(stdout) as JsonObject)]).toEqual([words, []]);
  }
});

test("it needs root, and says so in a line", async () => {
  await attach("web");
  const { code, stdout, stderr } = await world.hawserAs({ isRoot: false }, "doctor", "web");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: this needs root: [^\n]+\n$/);
});

test("what cannot be read is named, and the rest is looked at", async () => {
  await attach("web");
  const [broken = ""] = [join("/var/lib/cni/results", "net1-broken-eth0")];
  writeFileSync(broken, "{ half");
  const { findings, states } = await world.doctor();
  rmSync(broken);
  expect(findings.map(({ name }) => name)).toEqual(["source-unreadable"]);
  expect(findings[0]?.message).toContain(broken);
  expect(states["pools"]).toBe("passed");
});
