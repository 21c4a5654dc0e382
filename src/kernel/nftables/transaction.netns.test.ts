import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { leftOpen, openDescriptors } from "../../../tests/support/descriptors.ts";
import { needs } from "../../../tests/support/needs.ts";
import { startable } from "../../../tests/support/programs.ts";
import { ruleset, run } from "../../../tests/support/ruleset.ts";
import { Ip } from "../../addr/index.ts";
import { createNetns, deleteNetns, Netns } from "../netns/index.ts";
import { KernelError } from "../sys/index.ts";
import {
  addressComparisons,
  type Element,
  markValue,
  Nftables,
  NftablesError,
  ruleComment,
  ruleTarget,
  verdict,
} from "./index.ts";

const table = { family: "inet", name: "t" } as const;
const set = { family: "inet", table: "t", name: "s" } as const;
const at = ["inet", "t", "s"] as const;

beforeEach(() => {
  startable(["nft"]);
  using nft = Nftables.open();
  nft.commit((batch) => batch.addTable(table).addSet({ ...set, key: ["ipv4_addr"] }));
});

afterEach(() => {
  run(["nft", "flush", "ruleset"]);
});

function addresses(count: number, comment: (index: number) => string): Element[] {
  const first = Ip.parse("10.0.0.0").toBigInt();
  return Array.from({ length: count }, (_nothing, index) => ({
    key: Ip.fromBigInt(4, first + BigInt(index)).bytes,
    comment: comment(index),
  }));
}

function failure(action: () => void): NftablesError {
  try {
    action();
  } catch (error) {
    if (error instanceof NftablesError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

test("a thousand elements go in as one transaction and are found and removed by comment", () => {
  using nft = Nftables.open();
  const before = nft.generation();
  nft.commit((b) =>
    b.addElements(
      set,
      addresses(1000, (i) => `net c${i % 10} eth0`),
    ),
  );
  expect(nft.generation()).toBe(before + 1);
  const elements = nft.listElements(...at);
  expect(elements.length).toBe(1000);
  const mine = elements.filter(({ comment }) => comment === "net c3 eth0");
  expect(mine.length).toBe(100);
  nft.commit((batch) =>
    batch.delElements(
      set,
      mine.map(({ key }) => key),
    ),
  );
  expect(nft.listElements(...at).length).toBe(900);
  expect(run(["nft", "list", "set", "inet", "t", "s"])).not.toContain("net c3 eth0");
});

test("a transaction larger than a socket's buffer is still one", () => {
  using nft = Nftables.open();
  const before = nft.generation();
  nft.commit((b) =>
    b.addElements(
      set,
      addresses(20_000, (i) => `${"x".repeat(100)} ${i}`),
    ),
  );
  expect(nft.generation()).toBe(before + 1);
  expect(nft.listElements(...at).length).toBe(20_000);
});

const DEFAULT_WMEM_MAX = 212_992;

test("a user namespace's root may send as much at once as the machine lets it, and hears of more", () => {
  using nft = Nftables.open();
  const comment = (index: number): string => String(index).padEnd(120);
  const send = (count: number): void =>
    nft.commit((batch) => batch.addElements(set, addresses(count, comment)));
  const bound = "/proc/sys/net/core/wmem_max";
  // Older kernels show it to the machine's own network namespace alone.
  const most = existsSync(bound) ? Number(readFileSync(bound, "utf8")) : DEFAULT_WMEM_MAX;
  const isMachines = ownsMachine();
  send(1000); // 150 kB, more than what is tried without asking
  expect(nft.listElements(...at)).toHaveLength(1000);
  const tooMany = Math.ceil((most * 2) / 150);
  if (isMachines) send(tooMany);
  else
    expect(() => send(tooMany)).toThrow(
      /^send \d+ bytes to netlink .*wmem_max.*message too long$/u,
    );
});

test("a socket that was closed twice serves one afterwards, and none when it is used", async () => {
  const closed = Nftables.open();
  closed.close();
  closed.close();
  expect(() => closed.generation()).toThrow("the netlink socket is closed");
  using one = Nftables.open();
  Nftables.open().close();
  await Bun.sleep(150); // what is not in use again is closed by then
  expect(one.generation()).toBePositive();
});

needs("kernel:nft-owned-tables")("a table of a socket goes with it", () => {
  const id = { family: "ip", name: "owned" } as const;
  using other = Nftables.open();
  {
    using nft = Nftables.open();
    nft.commit((batch) => batch.addTable({ ...id, isOwned: true }));
    expect(other.getTable(id.family, id.name)).toBeDefined();
    expect(() => other.commit((batch) => batch.delTable(id))).toThrow("operation not permitted");
  }
  expect(other.getTable(id.family, id.name)).toBeUndefined();
});

test("a transaction that would be filled later is refused", () => {
  using nft = Nftables.open();
  const later = async (): Promise<void> => await Promise.resolve();
  expect(() => nft.commit(later as () => void)).toThrow("must be synchronous");
});

/** Whether root here is that of the machine, and not of a user namespace. */
function ownsMachine(): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/u.test(readFileSync("/proc/self/uid_map", "utf8"));
}

test("the first page of a large set is a small part of it", () => {
  using nft = Nftables.open();
  nft.commit((b) =>
    b.addElements(
      set,
      addresses(5000, (i) => `c${i}`),
    ),
  );
  const page = nft.listElements(...at, { limitToFirstPage: true });
  expect(page.length).toBeGreaterThan(0);
  expect(page.length).toBeLessThan(2000); // 32 KiB at most, of a socket that is used again
  expect(nft.isSetEmpty(...at)).toBe(false);
  expect(nft.listElements(...at).length).toBe(5000); // the socket is still usable
});

test("a refused command undoes the whole transaction and is named in the error", () => {
  using nft = Nftables.open();
  const before = ruleset();
  const error = failure(() =>
    nft.commit((batch) => {
      batch.addTable({ family: "inet", name: "other" });
      batch.addElements(
        set,
        addresses(3, () => "x"),
      );
      batch.addRule({ family: "inet", table: "t", chain: "missing", expressions: [] });
      batch.addElements(
        set,
        addresses(1, () => "y"),
      );
    }),
  );
  expect(error).toBeInstanceOf(KernelError);
  expect(error.index).toBe(2);
  expect(error.code).toBe("ENOENT");
  expect(error.operation).toBe("add rule to chain inet t missing");
  expect(error.message).toStartWith("add rule to chain inet t missing: ");
  expect(error.generationChanged).toBe(false);
  expect(ruleset()).toEqual(before);
});

test("of several refused commands the first is named, also when there are very many", () => {
  using nft = Nftables.open();
  const missing = { ...set, name: "missing" };
  const error = failure(() =>
    nft.commit((batch) => {
      batch.addTable(table);
      for (let i = 0; i < 3000; i++) batch.delElements(missing, [markValue(i)]);
    }),
  );
  expect(error.index).toBe(1);
  expect(error.code).toBe("ENOENT");
  expect(error.operation).toBe("delete element of set inet t missing");
  nft.commit((batch) => batch.addTable({ family: "inet", name: "after" }));
  expect(nft.getTable("inet", "after")?.name).toBe("after");
});

test("the error tells which byte of the command the kernel complains about", () => {
  using nft = Nftables.open();
  const chain = { family: "inet", table: "t", chain: "missing" } as const;
  const error = failure(() => nft.commit((b) => b.addRule({ ...chain, expressions: [] })));
  // Behind struct nlmsghdr (16), struct nfgenmsg (4) and the table's name (8): the chain's name.
  expect(error.offset).toBe(28);
});

test("what is there is fine to add again, unless it must be new", () => {
  using nft = Nftables.open();
  const element = addresses(1, () => "first");
  nft.commit((batch) => batch.addElements(set, element));
  nft.commit((batch) => {
    batch.addTable(table).addSet({ ...set, key: ["ipv4_addr"] });
    batch.addElements(
      set,
      addresses(1, () => "second"),
    );
  });
  expect(nft.listElements(...at)[0]?.comment).toBe("first");
  const exclusive = { exclusive: true };
  expect(failure(() => nft.commit((b) => b.addTable(table, exclusive))).code).toBe("EEXIST");
  expect(failure(() => nft.commit((b) => b.addElements(set, element, exclusive))).code).toBe(
    "EEXIST",
  );
  const other = { ...set, key: ["ipv4_addr"] } as const;
  expect(failure(() => nft.commit((b) => b.addSet(other, exclusive))).code).toBe("EEXIST");
});

test("a map's element with other data is refused", () => {
  using nft = Nftables.open();
  const map = { ...set, name: "m" };
  const key = markValue(1);
  nft.commit((batch) => {
    batch.addSet({ ...map, key: ["ipv4_addr"], data: ["mark"] });
    batch.addElements(map, [{ key, data: markValue(7) }]);
  });
  nft.commit((batch) => batch.addElements(map, [{ key, data: markValue(7) }]));
  const error = failure(() =>
    nft.commit((batch) => batch.addElements(map, [{ key, data: markValue(8) }])),
  );
  expect(error.code).toBe("EEXIST");
});

needs("kernel:nft-refused-element")("the refused element is told among many", () => {
  using nft = Nftables.open();
  const elements = addresses(500, () => "x");
  nft.commit((batch) => batch.addElements(set, elements.slice(317, 318)));
  const error = failure(() => nft.commit((b) => b.addElements(set, elements, { exclusive: true })));
  expect(error).toMatchObject({ code: "EEXIST", element: 317, index: 2 });
  expect(error.operation).toEndWith("set inet t s, element 317");
});

test("deleting what is absent is refused with ENOENT", () => {
  using nft = Nftables.open();
  const [{ key }] = addresses(1, () => "") as [Element];
  expect(failure(() => nft.commit((b) => b.delElements(set, [key]))).code).toBe("ENOENT");
  expect(failure(() => nft.commit((b) => b.delTable({ ...table, name: "no" }))).code).toBe(
    "ENOENT",
  );
});

test("a transaction for an older generation is refused, and planned anew when it may be", () => {
  using nft = Nftables.open();
  const generation = nft.generation();
  run(["nft", "add", "table", "ip", "stranger"]);
  const error = failure(() => nft.commit((b) => b.delTable(table), { generation }));
  expect(error.code).toBe("ERESTART");
  expect(error.generationChanged).toBe(true);
  expect(nft.getTable("inet", "t")).toBeDefined();

  let plans = 0;
  nft.commitPlanned((batch) => {
    plans++;
    if (nft.isSetEmpty(...at)) batch.delTable(table);
    // Another program adds an element between our look and our commit.
    if (plans === 1) run(["nft", "add", "element", "inet", "t", "s", "{ 10.9.9.9 }"]);
  });
  expect(plans).toBe(2);
  expect(nft.getTable("inet", "t")).toBeDefined();
});

test("a batch without commands sends nothing", () => {
  using nft = Nftables.open();
  const before = nft.generation();
  nft.commit(() => {});
  expect(nft.generation()).toBe(before);
});

test("rules of iptables-nft are read: comment, target chain, source", () => {
  using nft = Nftables.open();
  const chain = "CNI-e8f6f419596f7f47b3468487";
  const comment = 'name: "net1" id: "cid1"';
  const nat = ["iptables-nft", "-t", "nat"];
  const said = ["-m", "comment", "--comment", comment];
  run([...nat, "-N", chain]);
  run([...nat, "-A", "POSTROUTING", "-s", "10.1.0.5", "-j", chain, ...said]);
  run([...nat, "-A", chain, "-d", "10.1.0.5/16", "-j", "ACCEPT", ...said]);
  run([...nat, "-A", chain, "!", "-d", "224.0.0.0/4", "-j", "MASQUERADE", ...said]);
  run([...nat, "-A", chain, "-p", "tcp", "-m", "multiport", "--dports", "80,443", "-j", "RETURN"]);

  const [jump] = nft.listRules("ip", "nat", "POSTROUTING");
  if (jump === undefined) throw new Error("no rule");
  expect(ruleTarget(jump)).toBe(chain);
  expect(ruleComment(jump)).toBe(comment);
  expect(addressComparisons(jump).map((c) => `${c.side} ${c.prefix}`)).toEqual([
    "saddr 10.1.0.5/32",
  ]);
  const [accept, masquerade, multiport] = nft.listRules("ip", "nat", chain);
  expect(accept && addressComparisons(accept).map((c) => `${c.side} ${c.prefix}`)).toEqual([
    "daddr 10.1.0.0/16",
  ]);
  expect(masquerade && addressComparisons(masquerade)[0]).toMatchObject({ negated: true });
  const match = multiport?.expressions.find(({ kind }) => kind === "match");
  expect(match).toMatchObject({ kind: "match", name: "multiport" });

  // As a plugin would take a leftover of iptables away: the jump first, then the chain.
  nft.commit((batch) => {
    batch.delRule(jump);
    batch.flushChain({ family: "ip", table: "nat", name: chain });
    batch.delChain({ family: "ip", table: "nat", name: chain });
  });
  expect(run([...nat, "-S"])).not.toContain("CNI-");
});

/** How many times as long the larger set may take: far less than its size, far more than noise. */
const NOISE = 20;

test("adding one element costs the same whatever the size of the set", () => {
  using nft = Nftables.open();
  const median = (): number => {
    const [{ key }] = addresses(1, () => "") as [Element];
    const times = Array.from({ length: 51 }, () => {
      nft.commit((batch) => batch.delElements(set, [key]));
      const start = performance.now();
      nft.commit((batch) => batch.addElements(set, [{ key, comment: "net c1 eth0" }]));
      return performance.now() - start;
    });
    return times.toSorted((a, b) => a - b)[25] as number;
  };
  const all = addresses(10_000, (i) => `c${i}`);
  nft.commit((batch) => batch.addElements(set, all.slice(0, 10)));
  const small = median();
  nft.commit((batch) => batch.addElements(set, all.slice(10)));
  expect(median()).toBeLessThan(NOISE * small);
});

test("a comment that nft would refuse is refused before anything is sent", () => {
  using nft = Nftables.open();
  const chain = { family: "inet", table: "t", chain: "c" } as const;
  const comment = "x".repeat(129);
  expect(() =>
    nft.commit((b) => b.addRule({ ...chain, expressions: verdict("drop"), comment })),
  ).toThrow(RangeError);
});

test("the nftables of another namespace are reached through a handle of it", () => {
  const path = join(mkdtempSync(join(tmpdir(), "hawser-nft-")), "other");
  createNetns(path);
  try {
    using netns = Netns.open(path);
    using here = Nftables.open();
    using there = Nftables.open(netns);
    there.commit((batch) => batch.addTable({ family: "ip", name: "there" }));
    expect(here.getTable("ip", "there")).toBeUndefined();
    expect(there.listTables().map(({ name }) => name)).toEqual(["there"]);
    expect(there.listElements("ip", "there", "no", { limitToFirstPage: true })).toEqual([]);
  } finally {
    deleteNetns(path);
    rmSync(dirname(path), { recursive: true });
  }
});

test("no descriptor is left open, neither by success nor by failure", async () => {
  const work = () => {
    using nft = Nftables.open();
    nft.commit((b) =>
      b.addElements(
        set,
        addresses(1, () => "x"),
      ),
    );
    nft.listElements(...at, { limitToFirstPage: true });
    failure(() => nft.commit((b) => b.delTable({ ...table, name: "no" })));
  };
  const before = openDescriptors();
  for (let i = 0; i < 10; i++) work();
  expect(openDescriptors().size).toBeGreaterThan(0);
  expect(await leftOpen(before)).toEqual([]);
});
