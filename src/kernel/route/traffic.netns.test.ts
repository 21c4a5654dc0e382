import { describe, expect, test } from "bun:test";
import { jsonIn, pairForEachTest, refused, runIn } from "../../../tests/support/route-pair.ts";
import { filter, link, qdisc } from "./index.ts";

const pair = pairForEachTest();
const HANDLE = qdisc.handleOf(1, 0);
const INGRESS = qdisc.handleOf(0xffff, 0);
const BUCKET = { rate: 1_000_000n, limit: 125_000, buffer: 1_562_500 };

function tc(what: "qdisc" | "filter", ...words: string[]): unknown[] {
  return jsonIn(pair().host, ["tc -j", what, "show dev host0", ...words].join(" "));
}

describe("qdiscs", () => {
  test("a token bucket is what tc shows, replaced in place, and gone again", () => {
    const { host: index } = pair().connect();
    const place = { index, parent: qdisc.TC_H_ROOT };
    const spec = { ...place, handle: HANDLE, kind: "tbf" };
    expect(qdisc.get(pair().onHost, place)?.kind).toBe("noqueue");
    qdisc.add(pair().onHost, { ...spec, tbf: BUCKET });
    expect(tc("qdisc")).toMatchObject([
      {
        ...{ kind: "tbf", handle: "1:", root: true },
        options: { rate: 1_000_000, burst: 100_000, lat: 25_000 },
      },
    ]);
    expect(runIn(pair().host, "tc qdisc show dev host0")).toContain(
      "rate 8Mbit burst 100000b lat 25ms",
    );
    expect(refused(() => qdisc.add(pair().onHost, { ...spec, tbf: BUCKET }))).toMatchObject({
      ...{ code: "EEXIST", extack: "Exclusivity flag on, cannot modify" },
      operation: `add qdisc tbf of link ${index} at root`,
    });
    qdisc.replace(pair().onHost, { ...spec, tbf: { ...BUCKET, rate: 6_000_000_000n } });
    expect(qdisc.get(pair().onHost, place)?.tbf?.rate).toBe(6_000_000_000n);
    expect(tc("qdisc")).toMatchObject([{ options: { rate: 6_000_000_000 } }]);
    expect(qdisc.list(pair().onHost, index)).toMatchObject([{ kind: "tbf", handle: HANDLE }]);
    qdisc.delete(pair().onHost, place);
    expect(qdisc.list(pair().onHost, index).map(({ kind }) => kind)).toEqual(["noqueue"]);
    expect(refused(() => qdisc.delete(pair().onHost, place)).code).toBe("ENOENT");
  });

  test("a bucket of more than 274 seconds is given in bytes", () => {
    const { host: index } = pair().connect();
    const tbf = { rate: 125_000n, limit: 2_000_003_125, buffer: 0, burst: 2_000_000_000 };
    qdisc.add(pair().onHost, { index, parent: qdisc.TC_H_ROOT, handle: HANDLE, kind: "tbf", tbf });
    const ticks = 16_000n * 15_625_000n;
    const told = qdisc.get(pair().onHost, { index, parent: qdisc.TC_H_ROOT })?.tbf;
    expect(BigInt(told?.buffer ?? 0)).toBe(BigInt.asUintN(32, ticks));
  });

  test("the kernel's words about what it does not know come through", () => {
    const { host: index } = pair().connect();
    const parent = qdisc.TC_H_ROOT;
    const unknown = refused(() => qdisc.add(pair().onHost, { index, parent, kind: "nonsense" }));
    expect(unknown).toMatchObject({ code: "ENOENT", extack: "Specified qdisc kind is unknown" });
    expect(qdisc.get(pair().onHost, { index: 4242, parent })).toBeUndefined();
    expect(qdisc.get(pair().onHost, { index, parent: qdisc.TC_H_INGRESS })).toBeUndefined();
  });
});

describe("filters", () => {
  test("a redirection of everything is what tc shows, and tells when its target is gone", () => {
    const { host: index } = pair().connect();
    const ifb = link.add(pair().onHost, { name: "ifb7", kind: "ifb", up: true });
    const parent = INGRESS;
    expect(filter.list(pair().onHost, index, parent)).toEqual([]);
    qdisc.add(pair().onHost, {
      ...{ index, parent: qdisc.TC_H_INGRESS, handle: INGRESS },
      kind: "ingress",
    });
    const place = { index, parent, priority: 7, protocol: filter.ETH_P_ALL };
    const mirred = { action: filter.TCA_EGRESS_REDIR, index: ifb };
    const actions = [{ kind: "mirred", mirred }];
    filter.add(pair().onHost, {
      ...place,
      kind: "u32",
      u32: { classId: 0x10001, keys: [filter.ANY_PACKET], actions },
    });
    expect(tc("filter", "ingress").at(-1)).toMatchObject({
      ...{ protocol: "all", pref: 7, kind: "u32", chain: 0 },
      options: {
        flowid: "1:1",
        match: { value: "0", mask: "0" },
        actions: [{ kind: "mirred", mirred_action: "redirect", to_dev: "ifb7" }],
      },
    });
    const targets = (): unknown =>
      filter
        .list(pair().onHost, index, parent)
        .flatMap(({ u32 }) => u32?.actions.map((action) => action.mirred?.index) ?? []);
    expect(targets()).toEqual([ifb]);
    link.delete(pair().onHost, ifb);
    expect(targets()).toEqual([0]);
    filter.delete(pair().onHost, place);
    expect(filter.list(pair().onHost, index, parent)).toEqual([]);
    expect(refused(() => filter.delete(pair().onHost, place)).code).toBe("ENOENT");
  });
});
