import { describe, expect, test } from "bun:test";
import { Rig } from "../../tests/support/fleet-rig.ts";
import { Ip } from "../addr/index.ts";

describe("a member that starts again", () => {
  test("goes on with its session within one start of the machine, and ADD never waited", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const before = a.held();
    a.kill();
    expect(a.held()).toEqual(before);
    a.start();
    rig.wait(2000);
    expect(a.held()).toEqual(before);
    expect(rig.record("node/a")?.epoch).toBe(1);
  });

  test("after a start of the machine wins the id again, when the lease of before has ended", () => {
    const rig = new Rig();
    const a = rig.start("a", { facts: { machine: "uuid-1" } });
    rig.until("a serves", () => a.held().length === 1);
    const before = a.held();
    a.reboot();
    expect(a.held()).toEqual([]);
    rig.wait(3000);
    expect(a.member.trouble).toMatch(/waits until the lease of its last start has ended/u);
    rig.until("a serves again", () => a.held().length === 1, 30_000);
    // Nothing was wrong.
    expect(a.events.filter(({ isTrouble }) => isTrouble)).toEqual([]);
    expect(a.reports("waits")).toHaveLength(1);
    expect(rig.record("node/a")?.epoch).toBe(2);
    // It is the same machine: its blocks are its own at once.
    expect(a.held()).toEqual(before);
    expect(rig.keys("block/")).toHaveLength(1);
  });

  test("says no more why it waited once it serves, whatever comes then", () => {
    const rig = new Rig();
    const a = rig.start("a", { facts: { machine: "uuid-1" } });
    rig.until("a serves", () => a.held().length === 1);
    a.reboot();
    rig.wait(3000);
    expect(a.member.trouble).toMatch(/waits until the lease/u);
    const said: unknown[] = [];
    a.fault = () => {
      if (a.held().length > 0) said.push(a.member.trouble);
      return undefined;
    };
    rig.until("a serves again", () => a.held().length === 1, 30_000);
    expect(a.member.trouble).toBeUndefined();
    a.member.need([{ subnet: 0 }]);
    rig.wait(1000);
    expect(said.length).toBeGreaterThan(0);
    expect(new Set(said)).toEqual(new Set([undefined]));
  });

  test("lets its blocks rest where it may be a copy, and serves from others meanwhile", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const before = a.held();
    a.reboot();
    rig.until("a serves again", () => a.held().length === 1, 30_000);
    expect(a.in("resting")).toEqual(before);
    expect(a.held()).not.toEqual(before);
    rig.until("the rest is over", () => a.held().includes(before[0] ?? ""), 150_000);
    rig.wait(10_000);
    expect(a.picture?.rest).toBeUndefined();
  });

  test("knows after a crash whether it has won", () => {
    const rig = new Rig();
    const a = rig.start("a");
    a.kill();
    a.fault = (changes) =>
      changes.some((at) => "put" in at && at.put.endsWith("/node/a")) ? "lost answer" : undefined;
    a.start();
    rig.until("the id is won without an answer", () => rig.record("node/a") !== undefined);
    a.kill();
    a.fault = () => undefined;
    a.start();
    rig.until("a serves", () => a.held().length === 1, 5000);
    expect(rig.record("node/a")?.epoch).toBe(1);
  });
});

describe("two machines with one id", () => {
  test("find each other: the second is refused by name while the first lives", () => {
    const rig = new Rig();
    const a = rig.start("a", { facts: { underlay: address("192.0.2.1") } });
    rig.until("a serves", () => a.held().length === 1);
    const copy = rig.start("a", { picture: a.picture, boot: "another machine" });
    rig.wait(60_000);
    expect(copy.held()).toEqual([]);
    expect(copy.member.trouble).toMatch(
      /lives on another machine at 192\.0\.2\.1, of which this one is a copy/u,
    );
    const [trouble, ...more] = copy.events.filter(({ isTrouble }) => isTrouble);
    expect([trouble?.text, more]).toEqual([copy.member.trouble, []]);
    const other = rig.start("a", { boot: "a third machine" });
    rig.wait(5000);
    expect(other.member.trouble).toMatch(
      /lives on another machine at 192\.0\.2\.1: this one needs an id/u,
    );
    expect(a.held()).toHaveLength(1);
  });

  test("never serve the same block, also when the first one is cut off from the store", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const copy = rig.start("a", { picture: a.picture, boot: "another machine" });
    a.isCutOff = true;
    for (let second = 0; second < 300; second++) {
      rig.wait(1000);
      expect(a.held().filter((prefix) => copy.held().includes(prefix))).toEqual([]);
    }
    expect(copy.held().length).toBeGreaterThan(0);
    a.isCutOff = false;
    rig.wait(20_000);
    expect(a.held()).toEqual([]);
    expect(a.member.trouble).toMatch(/lives on another machine/u);
  });

  test("also when the second one, which has won the id, gets the first one's disk once more", () => {
    const rig = new Rig();
    const a = rig.start("a", { facts: { machine: "uuid-1" } });
    rig.until("a serves", () => a.held().length === 1);
    const { picture } = a;
    a.isCutOff = true;
    const facts = { machine: "uuid-2" };
    const copy = rig.start("a", { picture, boot: "another machine", facts });
    rig.until("the copy has the id", () => rig.record("node/a")?.epoch === 2, 30_000);
    copy.kill();
    const again = rig.start("a", { picture, boot: "that machine again", facts });
    rig.until("it has the id again", () => rig.record("node/a")?.epoch === 3, 30_000);
    expect(a.held()).toHaveLength(1);
    for (let second = 0; second < 200; second++) {
      rig.wait(1000);
      expect(a.held().filter((prefix) => again.held().includes(prefix))).toEqual([]);
    }
    expect(again.held().length).toBeGreaterThan(0);
  });

  test("also when they go on with one session: the one that was there leaves it", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const copy = rig.start("a", { picture: a.picture, boot: a.boot });
    rig.until("the copy has the session", () => copy.held().length === 1);
    rig.wait(6000);
    expect(a.held()).toEqual([]);
    expect(a.member.trouble).toMatch(/another process or machine/u);
    rig.wait(60_000);
    expect(copy.held()).toHaveLength(1);
  });
});

describe("a node that may not join", () => {
  test("says what its configuration has and what the fleet has", () => {
    const rig = new Rig();
    const a = rig.start("a");
    rig.until("a serves", () => a.held().length === 1);
    const b = rig.start("b", { config: { quarantineMs: 600_000, blockSizes: [26] } });
    rig.wait(1000);
    expect(b.member.trouble).toBe(
      "the configuration is not that of the fleet: block sizes: 26 here, 28 in the fleet; quarantine: 600 seconds here, 120 seconds in the fleet",
    );
    expect(rig.record("node/b")).toBeUndefined();
  });

  test("leaves the keys of other programs alone", () => {
    const rig = new Rig();
    rig.put("node/a", "what is this");
    const a = rig.start("a");
    rig.wait(1000);
    expect(a.member.trouble).toBe("/hawser/1/pods/node/a holds no record of this program");
    expect(rig.engine.entries.get("/hawser/1/pods/node/a")?.value).toBe("what is this");
  });
});

function address(text: string): Ip {
  return Ip.parse(text);
}
