import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { type ChainRequest, runChain } from "../support/chain.ts";
import { ENTRIES, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { startable } from "../support/programs.ts";

/** What no runtime takes away, the daemon does; and only that. */

const test = skipBecause(entriesMissing());
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
const FLAGS = ["--reconcile-interval", "100ms", "--reconcile-grace", "300ms"];
/** Longer than interval and grace together. */
const LONG_ENOUGH_MS = 1500;
const JOURNAL = "/run/hawser/attachments";

let host: Host;

beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

function request(operation: ChainRequest["operation"], name: string, dir = ENTRIES): ChainRequest {
  const attachment = {
    ...{ containerId: "c1", netns: `/run/netns/${name}`, ifName: "eth0" },
    capabilityArgs: mapTcp(8080, 80),
  };
  return { dir, list: LIST, operation, attachment };
}

function reserved(): string[] {
  return readdirSync("/var/lib/cni/networks/dbnet").filter((name) => name.startsWith("10."));
}

test("an attachment whose namespace is gone is removed, and one that is there stays", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  const [blue, green] = [await host.container("blue"), await host.container("green")];
  await runChain(request("ADD", "blue"));
  const other = request("ADD", "green");
  const attachment = { containerId: "c2", netns: green.netns, ifName: "eth0" };
  await runChain({ ...other, attachment: { ...attachment, capabilityArgs: mapTcp(8081, 80) } });
  await host.remove(blue);
  const line = await daemon.logged("reconciled");
  expect(line).toMatchObject({
    ...{ network: "dbnet", container: "c1", ifName: "eth0", netns: "/run/netns/blue" },
    plugins: ["bridge", "tuning", "portmap"],
  });
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(reserved()).toEqual(["10.1.0.3"]);
  const rules = await must(["nft", "list", "ruleset"]);
  expect([rules.includes("8080"), rules.includes("8081")]).toEqual([false, true]);
  expect(readdirSync(JOURNAL)).toHaveLength(1);
  expect(daemon.log.filter(({ event }) => event === "reconciled")).toHaveLength(1);
  await host.remove(green);
});

test("a daemon that is started anew removes what went while there was none", async () => {
  const blue = await host.container("blue");
  const first = await TestDaemon.start(FLAGS);
  await runChain(request("ADD", "blue"));
  await first.end("SIGKILL");
  await host.remove(blue);
  await using daemon = await TestDaemon.start(FLAGS);
  await daemon.logged("reconciled");
  expect(reserved()).toEqual([]);
  expect(readdirSync(JOURNAL)).toEqual([]);
});

test("the container's next life, begun without the daemon, is left alone", async () => {
  const blue = await host.container("blue");
  const first = await TestDaemon.start(FLAGS);
  await runChain(request("ADD", "blue"));
  await first.end("SIGKILL");
  await host.remove(blue);
  // The same container ID, in another namespace, by the full executable.
  const green = await host.container("green");
  await runChain(request("DEL", "blue", FULL));
  await runChain(request("ADD", "green", FULL));
  await using daemon = await TestDaemon.start(FLAGS);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(daemon.log.some(({ event }) => event === "reconciled")).toBe(false);
  expect(await must(["ip", "-n", "green", "-j", "link"])).toContain("eth0");
  await host.remove(green);
  await daemon.logged("reconciled");
  expect(reserved()).toEqual([]);
});

test("a namespace without a path that somebody is in still lives", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  const blue = await host.container("blue");
  await runChain(request("ADD", "blue"));
  const inside = Bun.spawn(startable(["nsenter", "--net=/run/netns/blue", "sleep", "60"]));
  await Bun.sleep(200);
  await host.remove(blue);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(daemon.log.some(({ event }) => event === "reconciled")).toBe(false);
  expect(reserved()).toEqual(["10.1.0.2"]);
  inside.kill();
  await inside.exited;
  await daemon.logged("reconciled");
  expect(reserved()).toEqual([]);
});

test("with --no-reconcile nothing is removed", async () => {
  await using daemon = await TestDaemon.start([...FLAGS, "--no-reconcile"]);
  const blue = await host.container("blue");
  await runChain(request("ADD", "blue"));
  await host.remove(blue);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(daemon.log.some(({ event }) => event === "reconciled")).toBe(false);
  expect(reserved()).toEqual(["10.1.0.2"]);
  expect(existsSync(JOURNAL)).toBe(true);
});
