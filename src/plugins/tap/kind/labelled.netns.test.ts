import { beforeEach, expect, test } from "bun:test";
import { must, ownEnvironment } from "../../../../tests/support/exec.ts";
import { Host } from "../../../../tests/support/host.ts";
import { skipBecause } from "../../../../tests/support/needs.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { Netns } from "../../../kernel/netns/index.ts";
import { CniError } from "../../../spec/index.ts";
import { Namespaces } from "../../../state/namespaces/index.ts";
import { isSelinuxEnabled, makeLabelledTap, runInside, tuntapWords } from "./labelled.ts";
import type { TapLink } from "./step.ts";

const owner = { network: "net1", containerId: "c1", ifName: "eth0" };
const wanted: Omit<TapLink, "namespaces"> = {
  owner,
  env: ownEnvironment(),
  mtu: 0,
  multiQueue: true,
  uid: 1000,
  gid: 107,
  bridge: "",
  selinuxContext: "",
};

let host: Host | undefined;
beforeEach(async () => {
  host ??= await Host.create();
});

test("the program runs in the namespace, and makes there what our own way makes", async () => {
  const one = await host?.container("one");
  using netns = Netns.open(one?.netns ?? "");
  using namespaces = Namespaces.open({ netns: one?.netns ?? "" });
  await runInside(netns, ["ip", ...tuntapWords({ namespaces, ...wanted })], wanted.env);
  const text = await must(["ip", "-n", "one", "-j", "-d", "link", "show", "dev", "eth0"]);
  expect(JSON.parse(text)).toMatchObject([
    { linkinfo: { info_data: { type: "tap", pi: false, vnet_hdr: false, multi_queue: true } } },
  ]);
  expect(await must(["ip", "-o", "link", "show", "type", "tun"])).toBe("");
});

test("a program that fails or is missing is told in its words", async () => {
  using netns = Netns.current();
  const failed = await rejection(runInside(netns, ["ip", "nonsense"], wanted.env), CniError);
  expect(failed).toMatchObject({
    code: 5,
    msg: expect.stringContaining("ip failed: Object") as string,
  });
  const env = { PATH: "/nonexistent" };
  const missing = await rejection(runInside(netns, ["hawser-nothing"], env), CniError);
  expect(missing).toMatchObject({ code: 50, msg: "run hawser-nothing: it is not installed" });
});

skipBecause(isSelinuxEnabled() ? "a machine without SELinux" : undefined)(
  "without SELinux a context is refused before anything is run",
  async () => {
    using netns = Netns.current();
    using namespaces = Namespaces.hostOnly();
    const made = makeLabelledTap({ namespaces, ...wanted }, netns, "system_u:system_r:spc_t:s0");
    expect(await rejection(made, CniError)).toMatchObject({ code: 7 });
    expect(await must(["ip", "-o", "link", "show", "type", "tun"])).toBe("");
  },
);
