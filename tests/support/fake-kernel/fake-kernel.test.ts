import { expect, test } from "bun:test";
import { Netns, NetnsGoneError } from "../../../src/kernel/netns/index.ts";
import { link, RouteSocket } from "../../../src/kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../../src/kernel/sysctl/index.ts";
import { Namespaces } from "../../../src/state/namespaces/index.ts";
import { FakeKernel } from "./index.ts";
import { play, playVlans } from "./script.ts";

test("a script of calls runs without privilege", () => {
  using kernel = FakeKernel.install();
  kernel.create("/run/netns/c1");
  using host = Netns.current();
  using container = Netns.open("/run/netns/c1");
  const answers = new Map(play({ host, container }));
  expect(answers.get("is it the peer")).toBe(true);
  expect(answers.get("its other end")).toBeNull();
  const vlans = new Map(playVlans({ host, container }));
  expect(vlans.get("of a port")).toEqual([{ first: 1, last: 1, pvid: true, untagged: true }]);
});

test("what a plugin opens is the kernel in memory, for as long as it is installed", () => {
  {
    using kernel = FakeKernel.install();
    kernel.create("/run/netns/c1");
    using namespaces = Namespaces.open({ netns: "/run/netns/c1" });
    const peer = { name: "host0", netns: namespaces.hostNetns };
    link.add(namespaces.container, { name: "eth0", kind: "veth", peer });
    expect(link.get(namespaces.host, { name: "host0" })?.linkNetnsId).toBe(0);
    const key = "net/ipv6/conf/eth0/disable_ipv6";
    namespaces.inside(() => writeSysctl(key, "1"));
    expect(namespaces.inside(() => readSysctl(key))).toBe("1");
    expect(() => readSysctl(key)).toThrow("no such file or directory");
    kernel.remove("/run/netns/c1");
    expect(link.get(namespaces.host, { name: "host0" })).toBeUndefined();
    expect(() => Netns.open("/run/netns/c1")).toThrow(NetnsGoneError);
  }
  using real = RouteSocket.open();
  expect(link.get(real, { name: "host0" })).toBeUndefined();
});

test("namespaces tell themselves apart by a cookie that is never given again", () => {
  using kernel = FakeKernel.install();
  kernel.create("/run/netns/c1");
  using first = Netns.open("/run/netns/c1");
  kernel.remove("/run/netns/c1");
  kernel.create("/run/netns/c1");
  using second = Netns.open("/run/netns/c1");
  using again = Netns.open("/run/netns/c1");
  expect(first.same(second)).toBe(false);
  expect(second.same(again)).toBe(true);
  expect(first.cookie).not.toBe(second.cookie as never);
});
