import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { runChain } from "../support/chain.ts";
import { ENTRIES, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { dbnet } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { replaceContainer } from "../support/reused-netns.ts";

/** The kernel gives a namespace's number to the next one: only the cookie tells the two apart. */

const test = skipBecause(entriesMissing());
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
const FLAGS = ["--reconcile-interval", "100ms", "--reconcile-grace", "300ms"];
/** Longer than interval and grace together. */
const LONG_ENOUGH_MS = 1500;
const RESERVATIONS = "/var/lib/cni/networks/dbnet";

let host: Host;
let living: Container | undefined;
/** How many containers have ended; their IDs are dead-1 and so on. */
let dead = 0;

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(() => {
  dead = 0;
});
afterEach(async () => {
  if (living !== undefined) await host.remove(living);
  living = undefined;
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

async function add(containerId: string, { netns }: Container, dir = ENTRIES): Promise<void> {
  const attachment = { containerId, netns, ifName: "eth0" };
  await runChain({ dir, list: LIST, operation: "ADD", attachment });
}

/** An attached container ends without a DEL; the next one has the number of its namespace. */
async function replaceAttached(name: string, dir = ENTRIES): Promise<Container> {
  living = await replaceContainer(host, name, async () => {
    const container = await host.container("dead");
    await add(`dead-${++dead}`, container, dir);
    return container;
  });
  return living;
}

/** Waits until all that ended have been removed; gives the owners of the addresses. */
async function ownersAfterRemoval(daemon: TestDaemon): Promise<string[]> {
  await daemon.logged("reconciled", dead);
  const names = readdirSync(RESERVATIONS).filter((name) => name.startsWith("10."));
  return names.map((name) => readFileSync(`${RESERVATIONS}/${name}`, "utf8").split(/\s/u)[0] ?? "");
}

test("case S10: an attachment is removed although an unrelated namespace has the number of its own", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  await replaceAttached("unrelated");
  expect(await ownersAfterRemoval(daemon)).toEqual([]);
});

test("case S10, kind: an attachment is removed although a new container has its path and number", async () => {
  await using daemon = await TestDaemon.start(FLAGS);
  const next = await replaceAttached("dead");
  await add("living", next);
  expect(await ownersAfterRemoval(daemon)).toEqual(["living"]);
  await Bun.sleep(LONG_ENOUGH_MS);
  expect(daemon.log.filter(({ event }) => event === "reconciled")).toHaveLength(dead);
  expect(await must(["ip", "-n", "dead", "-j", "address"])).toContain('"eth0"');
});

test("case S10, kind: a daemon that is started anew knows the dead namespace from the next of its number", async () => {
  const first = await TestDaemon.start([...FLAGS, "--no-reconcile"]);
  await replaceAttached("unrelated");
  await first.end("SIGKILL");
  await using daemon = await TestDaemon.start(FLAGS);
  expect(await ownersAfterRemoval(daemon)).toEqual([]);
});

test("case S10, kind: what the full executable notes in the daemon's place has the cookie as well", async () => {
  const first = await TestDaemon.start(FLAGS);
  await first.end("SIGKILL");
  await replaceAttached("unrelated", FULL);
  await using daemon = await TestDaemon.start(FLAGS);
  expect(await ownersAfterRemoval(daemon)).toEqual([]);
});
