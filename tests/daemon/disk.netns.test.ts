import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unitTexts } from "../../src/install/index.ts";
import {
  type ChainAnswer,
  type ChainRequest,
  type Conflist,
  PluginFailed,
  runChain,
} from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { must, run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff, type Snapshot } from "../support/snapshot.ts";

/** The daemon on a node whose disks are full, and without a reader of its log. */

const test = skipBecause(entriesMissing());
const STATE = "/run/hawser";
const NETWORKS = "/var/lib/cni/networks";
const JOURNAL = join(STATE, "attachments");
const LIST = { ...dbnet(), cniVersion: "1.1.0" };
/** A bridge that masks nothing writes nothing down. */
const PLAIN = {
  ...LIST,
  plugins: LIST.plugins.slice(0, 1).map((each) => ({ ...each, ipMasq: false })),
};
/** What daemons leave in the directory, and what fills it here. */
const OTHERS = /^[+-] file: \/run\/hawser\/(?:daemon|status|history|filler)\b/u;

let host: Host;
let blue: Container;
let clean: Snapshot;
const mounted: string[] = [];

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  blue = await host.container("blue");
});
afterEach(async () => {
  for (const path of mounted.splice(0)) await must(["umount", "--lazy", path]);
  await host.remove(blue);
  await host.tidy();
});
afterAll(async () => {
  await host.tidy();
});

function request(operation: ChainRequest["operation"], list: Conflist): ChainRequest {
  const attachment = {
    ...{ containerId: "c1", netns: blue.netns, ifName: "eth0" },
    capabilityArgs: mapTcp(8080, 80),
  };
  return { dir: ENTRIES, list, operation, attachment };
}

async function chain(
  operation: ChainRequest["operation"],
  list: Conflist = LIST,
): Promise<ChainAnswer> {
  return await runChain(request(operation, list));
}

/** The error of an ADD that has to fail. */
async function failureOf(list: Conflist): Promise<unknown> {
  const failure: unknown = await chain("ADD", list).catch((error: unknown) => error);
  if (!(failure instanceof PluginFailed)) throw new Error("it did not fail");
  return JSON.parse(failure.answer.stdout) as unknown;
}

const NO_ROOM = { code: 5, msg: expect.stringContaining("ENOSPC") as string };

/** Gives a directory a disk of its own, of some kilobytes. */
async function mountSmall(path: string): Promise<void> {
  mkdirSync(path, { recursive: true });
  await must(["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=64,mode=700", "small", path]);
  mounted.push(path);
}

/** Leaves no byte of it; gives what makes room again. */
async function fill(path: string): Promise<() => void> {
  const filler = join(path, "filler");
  const filled = await run(["dd", "if=/dev/zero", `of=${filler}`, "bs=4k", "status=none"]);
  expect(filled.stderr).toContain("No space left");
  return () => rmSync(filler);
}

/** As `fill`, of names: no file can be made. */
function fillNames(path: string): () => void {
  const names: string[] = [];
  try {
    for (;;) {
      const name = join(path, `filler-${names.length}`);
      writeFileSync(name, "");
      names.push(name);
    }
  } catch (error) {
    expect(String(error)).toContain("ENOSPC");
  }
  return () => {
    for (const name of names) rmSync(name);
  };
}

async function expectNothingLeft(): Promise<void> {
  const left = leaks(diff(clean, await host.snapshot()));
  expect(left.filter((line) => !OTHERS.test(line))).toEqual([]);
}

test("without room for notes, what needs one fails and leaves nothing, and all else works", async () => {
  await mountSmall(STATE);
  await using daemon = await TestDaemon.start();
  clean = await host.snapshot();
  const makeRoom = await fill(STATE);
  expect(await failureOf(LIST)).toMatchObject(NO_ROOM);
  await daemon.served(1);
  await expectNothingLeft();
  const { result } = await chain("ADD", PLAIN);
  expect(result?.ips?.[0]?.address).toBe("10.1.0.3/16");
  expect(await daemon.logged("journal")).toMatchObject({ level: "warn", container: "c1" });
  await chain("DEL", PLAIN);
  expect(await daemon.served(3)).toEqual(["bridge ADD", "bridge ADD", "bridge DEL"]);
  await expectNothingLeft();
  makeRoom();
  await chain("ADD");
  expect(readdirSync(JOURNAL)).toHaveLength(1);
  await chain("DEL");
  await daemon.served(9);
  expect(readdirSync(JOURNAL)).toEqual([]);
  await expectNothingLeft();
});

test("room that ends within a note does no harm to the notes before and after it", async () => {
  await mountSmall(STATE);
  const flags = ["--reconcile-interval", "100ms", "--reconcile-grace", "300ms"];
  await using daemon = await TestDaemon.start(flags);
  clean = await host.snapshot();
  await chain("ADD", PLAIN);
  const makeRoom = await fill(STATE);
  // A container is not attached twice; each try is noted while the page of the notes has room.
  for (let round = 0; round < 8; round++) expect(await failureOf(PLAIN)).toMatchObject({ code: 4 });
  await daemon.logged("journal");
  makeRoom();
  expect(await failureOf(PLAIN)).toMatchObject({ code: 4 });
  await host.remove(blue);
  expect(await daemon.logged("reconciled")).toMatchObject({ container: "c1" });
  expect(readdirSync(JOURNAL)).toEqual([]);
  blue = await host.container("blue");
  await expectNothingLeft();
});

test("without room for addresses an ADD fails, leaves nothing, and works when there is room", async () => {
  await using daemon = await TestDaemon.start();
  await mountSmall(NETWORKS);
  mkdirSync(join(NETWORKS, "dbnet")); // an empty directory needs none
  clean = await host.snapshot();
  const makeRoom = await fill(NETWORKS);
  expect(await failureOf(LIST)).toMatchObject(NO_ROOM);
  expect(await must(["ip", "-n", "blue", "-j", "link"])).not.toContain("eth0");
  await daemon.served(1);
  expect(existsSync(JOURNAL) ? readdirSync(JOURNAL) : []).toEqual([]);
  await chain("DEL");
  const status = async (): Promise<unknown> =>
    await chain("STATUS").catch((error: unknown) => error);
  expect(await status()).toMatchObject({
    code: 50,
    message: expect.stringContaining("no space") as string,
  });
  makeRoom();
  expect(await status()).not.toBeInstanceOf(PluginFailed);
  const { result } = await chain("ADD");
  expect(result?.ips?.[0]?.address).toBe("10.1.0.2/16");
  await chain("DEL");
  expect((await daemon.served(14)).filter((call) => call.startsWith("bridge"))).toEqual(
    ["ADD", "DEL", "STATUS", "STATUS", "ADD", "DEL"].map((operation) => `bridge ${operation}`),
  );
});

test("where there is no room for text it starts all the same, and serves", async () => {
  await mountSmall(STATE);
  await fill(STATE);
  await using daemon = await TestDaemon.start();
  await chain("ADD", PLAIN);
  await chain("DEL", PLAIN);
  expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
});

test("where there is no room it does not start and says why, until it is started with room", async () => {
  await mountSmall(STATE);
  const makeRoom = fillNames(STATE);
  const failed = await run([EXECUTABLE, "daemon"]);
  expect([failed.exitCode, failed.stderr.includes("ENOSPC")]).toEqual([1, true]);
  await chain("ADD", PLAIN);
  await chain("DEL", PLAIN);
  makeRoom();
  // The unit has no limit of starts, so that systemd does this by itself.
  expect(unitTexts("/opt/cni/bin")["hawser.service"]).toContain("\nStartLimitIntervalSec=0\n");
  await using daemon = await TestDaemon.start();
  await chain("STATUS", PLAIN);
  expect(await daemon.served(1)).toEqual(["bridge STATUS"]);
});

test("when nobody reads its log any more it goes on", async () => {
  const child = Bun.spawn(["sh", "-c", '"$0" daemon 2>&1 | head -n 1', EXECUTABLE], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toContain('"listening"');
  const status = async (): Promise<{ pid: number; calls: unknown }> =>
    JSON.parse(await must([EXECUTABLE, "daemon", "--status"])) as { pid: number; calls: unknown };
  const { pid } = await status();
  for (let round = 0; round < 3; round++) {
    await chain("ADD");
    await chain("DEL");
  }
  expect((await status()).pid).toBe(pid);
  const metrics = await fetch("http://daemon/metrics", { unix: join(STATE, "status.sock") });
  expect(await metrics.text()).toContain(
    'hawser_calls_total{plugin="bridge",operation="ADD",code="0"} 3',
  );
  process.kill(pid, "SIGTERM");
  await child.exited;
});
