import { beforeEach, expect, test } from "bun:test";
import { must, ownEnvironment } from "../../../../tests/support/exec.ts";
import { Host } from "../../../../tests/support/host.ts";
import { skipBecause } from "../../../../tests/support/needs.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { Netns } from "../../../kernel/netns/index.ts";
import { CniError } from "../../../spec/index.ts";
import { isSelinuxEnabled, makeLabelledTap, runInside, tuntapWords } from "./labelled.ts";

const env = ownEnvironment();
const wanted = { multiQueue: true, uid: 1000, gid: 107 };

let host: Host | undefined;
beforeEach(async () => {
  host ??= await Host.create();
});

test("the program runs in the namespace, and makes there what our own way makes", async () => {
  const one = await host?.container("one");
  using netns = Netns.open(one?.netns ?? "");
  await runInside(netns, ["ip", ...tuntapWords("eth0", wanted)], env);
  const text = await must(["ip", "-n", "one", "-j", "-d", "link", "show", "dev", "eth0"]);
  expect(JSON.parse(text)).toMatchObject([
    { linkinfo: { info_data: { type: "tap", pi: false, vnet_hdr: false, multi_queue: true } } },
  ]);
  expect(await must(["ip", "-o", "link", "show", "type", "tun"])).toBe("");
});

test("a program that fails or is missing is told in its words", async () => {
  using netns = Netns.current();
  const failed = await rejection(runInside(netns, ["ip", "nonsense"], env), CniError);
  expect(failed).toMatchObject({
    code: 5,
    msg: expect.stringContaining("ip failed: Object") as string,
  });
  const nowhere = { PATH: "/nonexistent" };
  const missing = await rejection(runInside(netns, ["hawser-nothing"], nowhere), CniError);
  expect(missing).toMatchObject({ code: 50, msg: "run hawser-nothing: it is not installed" });
});

skipBecause(isSelinuxEnabled() ? "a machine without SELinux" : undefined)(
  "without SELinux a context is refused before anything is run",
  async () => {
    using netns = Netns.current();
    const selinuxContext = "system_u:system_r:spc_t:s0";
    const made = makeLabelledTap(netns, "eth0", { ...wanted, selinuxContext }, env);
    expect(await rejection(made, CniError)).toMatchObject({ code: 7 });
    expect(await must(["ip", "-o", "link", "show", "type", "tun"])).toBe("");
  },
);
