import { describe, expect, test } from "bun:test";
import { bucketDifference, bucketOf } from "./bucket.ts";
import { ifbNames, isIfbName } from "./name.ts";

const psched = { ticksPerMicrosecond: 15.625 };
const MBIT = 1_000_000n;

describe("the token bucket of a limit", () => {
  test("has bytes, ticks and a queue of 25 ms, as the reference plugin's", () => {
    const limit = { rate: 8n * MBIT, burst: 800_000n, latency: 25 };
    expect(bucketOf(limit, psched)).toEqual({ rate: MBIT, limit: 125_000, buffer: 1_562_500 });
  });

  test("is cut to microseconds, then to ticks", () => {
    const limit = { rate: 8_000_023n, burst: 800_007n, latency: 25 };
    // 100000 bytes at 1000002 a second are 99999.8 µs, and 99999 µs are 1562484.4 ticks.
    expect(bucketOf(limit, psched)).toEqual({
      ...{ rate: 1_000_002n, limit: 125_000, buffer: 1_562_484 },
    });
  });

  test("has another queue with another latency", () => {
    const limit = { rate: 8n * MBIT, burst: 800_000n, latency: 400 };
    expect(bucketOf(limit, psched).limit).toBe(500_000);
  });

  test("above 4 GB a second keeps every bit of the rate", () => {
    const limit = { rate: 100_000_000_000n, burst: 80_000_000n, latency: 25 };
    expect(bucketOf(limit, psched)).toMatchObject({ rate: 12_500_000_000n, buffer: 12_500 });
  });

  test("that fills in minutes, or in no time, is given in bytes as well", () => {
    const slow = { rate: MBIT, burst: 2_147_483_640n, latency: 25 };
    const ticks = BigInt.asUintN(32, 33_554_431_875n);
    expect(bucketOf(slow, psched)).toEqual({
      ...{ rate: 125_000n, limit: 268_438_580, buffer: Number(ticks), burst: 268_435_455 },
    });
    const fast = { rate: 100_000_000_000n, burst: 8000n, latency: 25 };
    expect(bucketOf(fast, psched)).toMatchObject({ buffer: 0, burst: 1000 });
  });

  test("never lets more wait than the kernel can count", () => {
    const limit = { rate: 8n * MBIT, burst: 34_359_738_351n, latency: 25 };
    expect(bucketOf(limit, psched)).toMatchObject({ limit: 0xffffffff, burst: 0xfffffffd });
  });
});

describe("what the kernel has", () => {
  const wanted = bucketOf({ rate: 8n * MBIT, burst: 800_000n, latency: 25 }, psched);

  test.each([
    ["the same", {}, undefined],
    ["another rate", { rate: 125_000n }, "lets 1000000 bit/s through, should be 8000000"],
    ["another burst", { buffer: 781_250 }, "has bursts of 50000 bytes, should be 100000"],
    ["another queue", { limit: 100_001 }, "lets 100001 bytes wait, should be 125000"],
  ])("is told: %s", (_what, change, text) => {
    expect(bucketDifference(wanted, { ...wanted, ...change }, psched)).toBe(text);
  });

  test("of a burst in bytes may be rounded, and no more than that", () => {
    const slow = bucketOf({ rate: MBIT, burst: 2_147_483_640n, latency: 25 }, psched);
    const { burst: _, ...told } = slow;
    const near = { ...told, buffer: told.buffer - 1000 };
    const far = { ...told, buffer: told.buffer - 1_000_000 };
    expect(bucketDifference(slow, near, psched)).toBeUndefined();
    expect(bucketDifference(slow, far, psched)).toStartWith("has bursts of ");
  });
});

describe("names of ifb devices", () => {
  const owner = { network: "net1", containerId: "cid1", ifName: "eth0" };

  test("the first is the reference plugin's, whatever the interface", () => {
    const [first, second] = ifbNames(owner);
    expect(first).toBe("bwpe8f6f419596f");
    const others = ifbNames({ ...owner, ifName: "eth1" });
    expect(others[0]).toBe(first);
    expect(new Set([first, second, others[1]]).size).toBe(3);
    expect([first, second, "bwp0", "cni0"].map(isIfbName)).toEqual([true, true, false, false]);
  });
});
