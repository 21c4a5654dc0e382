import { describe, expect, test } from "bun:test";
import { fixture, fixtureHex, sentHex } from "../../../tests/support/netlink-fixture.ts";
import type { NetlinkRequest } from "../netlink/index.ts";
import { filter, qdisc } from "./index.ts";

const HOST1 = 5;
const INGRESS = qdisc.handleOf(0xffff, 0);
const EVERYTHING = { index: HOST1, parent: INGRESS, priority: 1, protocol: filter.ETH_P_ALL };

describe("what tc sends, we send byte for byte", () => {
  const sent: readonly (readonly [fixture: string, request: NetlinkRequest])[] = [
    [
      "qdisc/ingress",
      qdisc.newMessage({
        ...{ index: HOST1, parent: qdisc.TC_H_INGRESS, handle: INGRESS },
        kind: "ingress",
      }),
    ],
    [
      "qdisc/delete",
      qdisc.deleteMessage({
        ...{ index: HOST1, parent: qdisc.TC_H_INGRESS, handle: INGRESS },
        kind: "ingress",
      }),
    ],
    ["qdisc/delete-root", qdisc.deleteMessage({ index: HOST1, parent: qdisc.TC_H_ROOT })],
    [
      "filter/redirect",
      filter.newMessage({
        ...EVERYTHING,
        kind: "u32",
        u32: {
          classId: qdisc.handleOf(1, 1),
          keys: [filter.ANY_PACKET],
          actions: [{ kind: "mirred", mirred: { action: filter.TCA_EGRESS_REDIR, index: 7 } }],
        },
      }),
    ],
  ];
  for (const [name, request] of sent) {
    test(name, () => {
      expect(sentHex(request, fixture(name).sequence)).toBe(fixtureHex(name));
    });
  }
});

describe("token buckets", () => {
  // `tc` also sends a table of rates, which kernels since 3.8 use for nothing.
  const slow = { rate: 1_000_000n, limit: 125_000, buffer: 1_562_500, burst: 100_000 };
  const fast = { rate: 5_000_000_000n, limit: 126_000_000, buffer: 3625, burst: 1_000_000 };

  test("what tc asks for is read, rates above 32 bits too", () => {
    const asked = (name: string): unknown => qdisc.decodeQdisc(fixture(name).payload);
    expect(asked("qdisc/tbf")).toMatchObject({
      ...{ index: HOST1, parent: qdisc.TC_H_ROOT, handle: 0x10000, kind: "tbf" },
      tbf: slow,
    });
    expect(asked("qdisc/tbf-fast")).toMatchObject({ kind: "tbf", tbf: { ...fast, buffer: 3625 } });
  });

  test("what the kernel tells is read, with what it has counted", () => {
    const { burst: _, ...told } = slow;
    expect(qdisc.decodeQdisc(fixture("qdisc/host1").payload)).toMatchObject({
      ...{ index: HOST1, handle: 0x10000, parent: qdisc.TC_H_ROOT, kind: "tbf", tbf: told },
      stats: { bytes: 0n, packets: 0, queued: 0, backlog: 0, drops: 0, overlimits: 0 },
    });
    const ifb0 = qdisc.decodeQdisc(fixture("qdisc/ifb0").payload);
    expect(ifb0.tbf).toMatchObject({ rate: 5_000_000_000n, limit: 126_000_000 });
  });

  test("what is encoded is decoded again, peak rates and wide rates too", () => {
    const peak = { ...fast, peakRate: 6_000_000_000n, mtu: 77, peakBurst: 2000 };
    for (const tbf of [slow, fast, peak]) {
      const payload = qdisc.encodeQdisc({ index: 1, parent: qdisc.TC_H_ROOT, kind: "tbf", tbf });
      expect(qdisc.decodeQdisc(payload).tbf).toEqual(tbf);
    }
  });

  test("a kind that is not known keeps its options", () => {
    const options = Uint8Array.from([8, 0, 1, 0, 7, 0, 0, 0]);
    const spec = { index: 3, parent: qdisc.TC_H_ROOT, kind: "fq", options };
    const decoded = qdisc.decodeQdisc(qdisc.encodeQdisc(spec));
    expect(decoded).toMatchObject({ kind: "fq", options });
    expect(decoded).not.toHaveProperty("tbf");
    const bare = { ...spec, kind: "pfifo", options: Uint8Array.from([0xe8, 3, 0, 0]) };
    expect(qdisc.decodeQdisc(qdisc.encodeQdisc(bare))).toMatchObject({ options: bare.options });
    const bpf = { ...EVERYTHING, kind: "bpf", options };
    const read = filter.decodeFilter(filter.encodeFilter(bpf));
    expect(read).toMatchObject({ ...EVERYTHING, kind: "bpf", options });
    expect(read).not.toHaveProperty("u32");
  });
});

test("a filter as the kernel reports it has its key and its redirection", () => {
  const told = filter.decodeFilter(fixture("filter/host1").payload);
  expect(told).toMatchObject({ ...EVERYTHING, kind: "u32", handle: 0x80000800, chain: 0 });
  expect(told.u32).toMatchObject({ classId: 0x10001, keys: [filter.ANY_PACKET] });
  expect(told.u32?.actions).toMatchObject([
    { kind: "mirred", mirred: { action: filter.TCA_EGRESS_REDIR, index: 7, verdict: 4 } },
  ]);
});

test("handles read as tc writes them", () => {
  const texts = [0x10000, 0x10001, INGRESS, qdisc.TC_H_INGRESS, qdisc.TC_H_ROOT, 0];
  expect(texts.map((handle) => qdisc.handleText(handle))).toEqual([
    ...["1:", "1:1", "ffff:", "ffff:fff1", "root", "0:"],
  ]);
});

describe("the clock of the packet scheduler", () => {
  test("is 15.625 ticks a microsecond on any kernel of today", () => {
    const { ticksPerMicrosecond } = qdisc.parsePsched("000003e8 00000040 000f4240 3b9aca00\n");
    expect(ticksPerMicrosecond).toBe(15.625);
    expect(qdisc.readPsched().ticksPerMicrosecond).toBe(15.625);
  });

  test("in the words of old kernels too: with a resolution of a nanosecond, a tick is one", () => {
    const { ticksPerMicrosecond } = qdisc.parsePsched("000f4240 000f4240 3b9aca00 00000064");
    expect(ticksPerMicrosecond).toBe(1000);
  });

  test.each(["", "1 2", "000003e8 00000000 000f4240", "x y z w"])("is refused as %p", (text) => {
    expect(() => qdisc.parsePsched(text)).toThrow("/proc/net/psched is not understood");
  });
});
