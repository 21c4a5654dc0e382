import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { type ChainRequest, runChain } from "../support/chain.ts";
import { ENTRIES, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { dbnet } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { containerWithNumber, netnsNumber } from "../support/reused-netns.ts";

/** The kernel gives a namespace's number to the next one: only the cookie tells the two apart. */

const test = skipBecause(entriesMissing());
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
const FLAGS = ["--reconcile-interval", "100ms", "--reconcile-grace", "300ms"];
/** Longer than interval and grace together. */
const LONG_ENOUGH_MS = 1500;
const RESERVATIONS = "/var/lib/cni/networks/dbnet";

let host: Host;
let dead: Container;
let next: Container | undefined;

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  dead = await host.container("dead");
});
afterEach(async () => {
  if (next !== undefined) await host.remove(next);
  next = undefined;
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

async function call(
  operation: ChainRequest["operation"],
  containerId: string,
  { netns }: Container,
  dir = ENTRIES,
): Promise<void> {
  const attachment = { containerId, netns, ifName: "eth0" };
  await runChain({ dir, list: LIST, operation, attachment });
}

/** The dead container's namespace ends without a DEL, and the next one gets its number. */
async function replaceDead(name: string): Promise<Container> {
  const number = netnsNumber(dead);
  await host.remove(dead);
  next = await containerWithNumber(name, number);
  expect(netnsNumber(next)).toBe(number);
  return next;
}

function reserved(): Record<string, string> {
  const names = readdirSync(RESERVATIONS).filter((name) => name.startsWith("10."));
  const owner = (name: string): string =>
    readFileSync(`${RESERVATIONS}/${name}`, "utf8").split(/\s/u)[0] ?? "";
  return Object.fromEntries(names.map((name) => [name, owner(name)]));
}

test("S10 an attachment is removed although an unrelated namespace has its namespace's number", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  await call("ADD", "c1", dead);
  await replaceDead("unrelated");
  expect(await daemon.logged("reconciled")).toMatchObject({ container: "c1" });
  expect(reserved()).toEqual({});
});

test("S10 an attachment is removed although a new container has its namespace's path and number", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  await call("ADD", "c1", dead);
  const living = await replaceDead("dead");
  await call("ADD", "c2", living);
  expect(await daemon.logged("reconciled")).toMatchObject({ container: "c1" });
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(reserved()).toEqual({ "10.1.0.3": "c2" });
  expect(await must(["ip", "-n", "dead", "-j", "address"])).toContain("10.1.0.3");
  expect(daemon.log.filter(({ event }) => event === "reconciled")).toHaveLength(1);
});

test("S10 a daemon that is started anew knows the dead namespace from the next of its number", async () => {
  const first = await TestDaemon.start(FLAGS);
  await call("ADD", "c1", dead);
  await first.end("SIGKILL");
  await replaceDead("unrelated");
  await using daemon = await TestDaemon.start(FLAGS);
  expect(await daemon.logged("reconciled")).toMatchObject({ container: "c1" });
  expect(reserved()).toEqual({});
});

test("S10 what the full executable notes in the daemon's place has the cookie as well", async () => {
  const first = await TestDaemon.start(FLAGS);
  await first.end("SIGKILL");
  await call("ADD", "c1", dead, FULL);
  await replaceDead("unrelated");
  await using daemon = await TestDaemon.start(FLAGS);
  expect(await daemon.logged("reconciled")).toMatchObject({ container: "c1" });
  expect(reserved()).toEqual({});
});
