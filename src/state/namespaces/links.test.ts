import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FakeKernel } from "../../../tests/support/fake-kernel/index.ts";
import { Namespaces } from "./index.ts";

let kernel: FakeKernel;
let namespaces: Namespaces;
beforeEach(() => {
  kernel = FakeKernel.install();
  kernel.create("/run/netns/one");
  namespaces = Namespaces.of({ netns: "/run/netns/one" });
});
afterEach(() => {
  namespaces[Symbol.dispose]();
  kernel[Symbol.dispose]();
});

/** How often the kernel is asked by what `work` does. */
function asked(work: () => unknown): number {
  const before = kernel.faults.count;
  work();
  return kernel.faults.count - before;
}

describe("links of a namespace", () => {
  test("are asked for each time, in an operation that changes them", () => {
    const { hostLinks } = namespaces;
    hostLinks.get({ name: "lo" });
    expect(asked(() => hostLinks.get({ name: "lo" }))).toBe(1);
  });

  test("are asked for once while the view is kept, by name or by index, also those that are not there", () => {
    const { hostLinks } = namespaces.keepView();
    const index = hostLinks.get({ name: "lo" })?.index ?? 0;
    expect(hostLinks.get({ name: "none" })).toBeUndefined();
    const again = asked(() => {
      expect(hostLinks.get({ name: "lo" })?.index).toBe(index);
      expect(hostLinks.get({ index })?.name).toBe("lo");
      expect(hostLinks.get(index)?.name).toBe("lo");
      expect(hostLinks.get({ name: "none" })).toBeUndefined();
    });
    expect(again).toBe(0);
  });

  test("are asked for again after a change of the call's own, even one that failed", () => {
    const { hostLinks } = namespaces.keepView();
    hostLinks.get({ name: "dummy7" });
    const index = hostLinks.add({ name: "dummy7", kind: "dummy" });
    expect(hostLinks.get({ name: "dummy7" })?.mtu).toBe(1500);
    hostLinks.set(index, { mtu: 1400 });
    expect(hostLinks.get({ name: "dummy7" })?.mtu).toBe(1400);
    kernel.faults.set(1, "lost");
    expect(() => hostLinks.set(index, { mtu: 1300 })).toThrow();
    expect(hostLinks.get({ name: "dummy7" })?.mtu).toBe(1300);
    hostLinks.delete(index);
    hostLinks.delete(index);
    expect(hostLinks.get({ name: "dummy7" })).toBeUndefined();
  });

  test("are asked for again when the view is forgotten", () => {
    const { containerLinks } = namespaces.keepView();
    containerLinks.get({ name: "lo" });
    containerLinks.forget();
    expect(asked(() => containerLinks.get({ name: "lo" }))).toBe(1);
  });
});

describe("namespaces of a call", () => {
  test("are opened when they are asked for, and once", () => {
    const opened = asked(() => Namespaces.of({ netns: "/run/netns/one" })[Symbol.dispose]());
    expect(opened).toBe(0);
    expect(asked(() => namespaces.netns)).toBe(1);
    expect(asked(() => namespaces.netns)).toBe(0);
    expect(asked(() => namespaces.hostNetns)).toBe(1);
    expect(asked(() => namespaces.hostNetns)).toBe(0);
  });

  test("of an ADD have to be there", () => {
    using gone = Namespaces.of({ netns: "/run/netns/gone" });
    expect(() => gone.netns).toThrow('failed to open netns "/run/netns/gone"');
    expect(() => Namespaces.open({ netns: "/run/netns/gone" })).toThrow("failed to open netns");
  });

  test("of a DEL may be gone, or another container's", () => {
    using gone = Namespaces.ofDel({ netns: "/run/netns/gone" }, () => true);
    expect(gone.netns).toBeUndefined();
    using other = Namespaces.ofDel({ netns: "/run/netns/one" }, () => false);
    expect(other.netns).toBeUndefined();
  });

  test("are visited once for what is done together", () => {
    void namespaces.netns;
    const visits = asked(() =>
      namespaces.inside(() => namespaces.inside(() => namespaces.inside(() => 1))),
    );
    expect(visits).toBe(1);
  });

  test("are left when what is done inside fails", () => {
    const fails = (): never => {
      throw new Error("inside");
    };
    expect(() => namespaces.inside(fails)).toThrow("inside");
    expect(asked(() => namespaces.inside(() => 1))).toBe(1);
  });
});
