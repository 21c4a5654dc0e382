import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { Runtime } from "../../src/runtime/index.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { has } from "../support/features.ts";
import { Firewalld } from "../support/firewalld.ts";
import { needs } from "../support/needs.ts";
import { fullList, SyncLab } from "../support/sync-lab.ts";
import { until } from "../support/until.ts";

const NEEDS = ["root", "firewalld", "dbus-daemon", "dbus-send"];
const test = needs(...NEEDS);
setDefaultTimeout(60_000);

/** Debian's firewalld on a bus of its own, which forgets what containers asked of it. */
let lab: SyncLab;
let firewalld: Firewalld;
const isRunnable = NEEDS.every(has) && entriesMissing() === undefined;
beforeAll(async () => {
  if (!isRunnable) return;
  lab = await SyncLab.create();
  firewalld = await Firewalld.create();
}, 60_000);
afterEach(async () => {
  if (isRunnable) await lab.clear();
}, 60_000);
afterAll(async () => {
  await firewalld?.end();
});

test("after firewall-cmd --reload, and after a restart, containers are in their zone again at once", async () => {
  const { env } = firewalld;
  await using daemon = await TestDaemon.start(["--sync"], { ...env, CNI_PATH: ENTRIES });
  const runtime = new Runtime({
    pluginDirs: [ENTRIES],
    env: { PATH: "/usr/sbin:/usr/bin", ...env },
  });
  const blue = await lab.container("blue");
  await runtime.add(fullList({}, {}), lab.conf(blue));
  const isIn = async (): Promise<boolean> =>
    (await firewalld.sources("trusted")).includes("10.1.0.2/32");
  expect(await isIn()).toBe(true);
  await firewalld.reload();
  await until("the container is in its zone again", isIn, 20_000);
  expect(await daemon.logged("restored")).toMatchObject({
    container: "blue",
    pieces: [{ plugin: "firewall", piece: "firewall" }],
  });
  await firewalld.addSource("public", "203.0.113.0/24");
  await firewalld.stop();
  await firewalld.start();
  await until("the container is in its zone again", isIn, 20_000);
  expect(await firewalld.sources("public")).toEqual([]);
});
