import { Ip, Prefix } from "../../../src/addr/index.ts";
import type { Netns } from "../../../src/kernel/netns/index.ts";
import {
  type Batch,
  compose,
  type Data,
  interfaceMatch,
  jump,
  loadKey,
  lookup,
  Nftables,
  verdict,
} from "../../../src/kernel/nftables/index.ts";
import {
  address,
  link,
  neighbour,
  netnsIdOf,
  RouteSocket,
  route,
  rule,
  vlan,
} from "../../../src/kernel/route/index.ts";
import { KernelError } from "../../../src/kernel/sys/index.ts";

/** Where a script runs: two namespaces, those of a host and of a container. */
export interface Scene {
  readonly host: Netns;
  readonly container: Netns;
}

/** What was asked, and what the kernel answered: a value, or the code of an error. */
export type Transcript = (readonly [question: string, answer: unknown])[];

/** Writes a transcript. */
export class Writer {
  readonly transcript: Transcript = [];

  say(question: string, ask: () => unknown): void {
    let answer: unknown;
    try {
      answer = ask() ?? null;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      answer = error.code;
    }
    this.transcript.push([question, JSON.parse(JSON.stringify(answer, readable)) as unknown]);
  }
}

function readable(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? value.toHex() : value;
}

/** One script of calls, as kinds of network state make them; the same for every kernel. */
export function play({ host, container }: Scene): Transcript {
  const writer = new Writer();
  using onHost = RouteSocket.open(host);
  using inside = RouteSocket.open(container);
  playLinks(writer, { host, container, onHost, inside });
  playAddresses(writer, inside);
  playRoutes(writer, inside);
  playRules(writer, inside);
  playNeighbours(writer, inside);
  using nft = Nftables.open(host);
  playRuleset(writer, nft);
  playSets(writer, nft);
  writer.say("delete the host's end", () => link.delete(onHost, { name: "host0" }));
  writer.say("its other end", () => link.get(inside, { name: "eth0" }));
  writer.say("addresses of a link that is gone", () => address.list(inside).length);
  return writer.transcript;
}

interface Sockets extends Scene {
  readonly onHost: RouteSocket;
  readonly inside: RouteSocket;
}

function shown(one: link.Link | undefined): unknown {
  if (one === undefined) return undefined;
  const { index, name, kind, mtu, up, master, linkIndex, linkNetnsId, alias, group } = one;
  const { txqlen, altNames, port, hardwareType } = one;
  const hairpin = port?.hairpin;
  return {
    ...{ index, name, kind, mtu, up, master, linkIndex, linkNetnsId, alias, group },
    ...{ txqlen, altNames, hairpin, hardwareType },
  };
}

function playLinks(writer: Writer, { host, container, onHost, inside }: Sockets): void {
  const { say } = { say: writer.say.bind(writer) };
  const named = (name: string): unknown => shown(link.get(onHost, { name }));
  say("loopback", () => named("lo"));
  say("no such link", () => named("none"));
  say("id before", () => netnsIdOf(onHost, container));
  say("make a bridge", () => link.add(onHost, { name: "br0", kind: "bridge", up: true }));
  const promiscuity = (): unknown => link.get(onHost, { name: "br0" })?.promiscuity;
  say("nothing watches", promiscuity);
  say("promiscuous", () => link.set(onHost, { name: "br0" }, { promisc: true }));
  say("something watches", promiscuity);
  say("not promiscuous", () => link.set(onHost, { name: "br0" }, { promisc: false }));
  say("nothing watches it", promiscuity);
  say("make it again", () => link.add(onHost, { name: "br0", kind: "bridge" }));
  say("make an unknown kind", () => link.add(onHost, { name: "x0", kind: "nonsense" }));
  const peer = { name: "host0", netns: host, mtu: 1400 };
  say("make a pair", () => link.add(inside, { name: "eth0", kind: "veth", mtu: 1400, peer }));
  say("make it once more", () => link.add(inside, { name: "eth9", kind: "veth", peer }));
  say("the first end of the failed pair", () => shown(link.get(inside, { name: "eth9" })));
  say("the container's end", () => shown(link.get(inside, { name: "eth0" })));
  say("the host's end", () => named("host0"));
  say("id after", () => netnsIdOf(onHost, container));
  const own = link.get(inside, { name: "eth0" });
  const end = link.get(onHost, { name: "host0" });
  if (own === undefined || end === undefined) throw new Error("the pair is missing");
  say("is it the peer", () => link.isPeer(onHost, end, own, container));
  say("and of another", () => link.isPeer(onHost, end, { ...own, index: 77 }, container));
  const bridge = link.get(onHost, { name: "br0" })?.index;
  say("into the bridge", () =>
    link.set(onHost, end.index, { master: bridge, up: true, alias: "mark" }),
  );
  say("hairpin", () => link.setPort(onHost, end.index, { hairpin: true }));
  say("port of no bridge", () => link.setPort(inside, own.index, { hairpin: true }));
  say("the port, one end up", () => named("host0"));
  // Older kernels rename a link only while it is down.
  say("rename", () => link.set(inside, own.index, { name: "lo" }));
  say("other end up", () => link.set(inside, own.index, { up: true }));
  say("the port, both ends up", () => named("host0"));
  say("another name", () => link.addNames(onHost, end.index, ["a-second-name"]));
  say("by another name", () => named("a-second-name"));
  say("name again", () => link.addNames(onHost, end.index, ["br0"]));
  say("ports", () => link.list(onHost, { master: bridge }).map(({ name }) => name));
  say("veths", () => link.list(onHost, { kind: "veth" }).map(({ name }) => name));
  say("all", () => link.list(onHost).map(({ name }) => name));
  say("into a link that is no bridge", () => link.set(onHost, end.index, { master: 1 }));
  say("into nothing", () => link.set(onHost, end.index, { master: 999 }));
  say("delete what is not there", () => link.delete(onHost, { name: "none" }));
  say("delete loopback", () => link.delete(onHost, { name: "lo" }));
}

function playAddresses(writer: Writer, inside: RouteSocket): void {
  const say = writer.say.bind(writer);
  const index = link.get(inside, { name: "eth0" })?.index ?? 0;
  const prefix = (text: string): Prefix => Prefix.parse(text);
  const all = (): unknown =>
    address
      .list(inside, { index, family: 4 })
      .map((each) => [`${each.prefix}`, `${each.broadcast}`, each.scope, each.flags, each.label]);
  say("give an address", () => address.add(inside, { index, prefix: prefix("10.1.2.3/24") }));
  say("give it again", () => address.add(inside, { index, prefix: prefix("10.1.2.3/24") }));
  say("to no link", () => address.add(inside, { index: 999, prefix: prefix("10.1.2.4/24") }));
  say("one of another network", () =>
    address.add(inside, { index, prefix: prefix("10.9.0.1/32"), label: "eth0:a" }),
  );
  say("addresses", () => address.list(inside, { index, family: 4 }).length);
  say("the first", () => (all() as unknown[]).find((each) => String(each).startsWith("10.1.2.3")));
  say("take one", () => address.delete(inside, { index, prefix: prefix("10.9.0.1/32") }));
  say("take it again", () => address.delete(inside, { index, prefix: prefix("10.9.0.1/32") }));
  say("replace", () => address.replace(inside, { index, prefix: prefix("10.1.2.3/24") }));
}

function playRoutes(writer: Writer, inside: RouteSocket): void {
  const say = writer.say.bind(writer);
  const index = link.get(inside, { name: "eth0" })?.index ?? 0;
  const table = 100;
  const to = (text: string, last: number): route.RouteSpec => ({
    dst: Prefix.parse(text),
    gateway: Ip.parse(`10.1.2.${last}`),
    index,
    table,
  });
  const all = (): unknown =>
    route
      .list(inside, { table })
      .map((each) => [
        `${each.dst} ${each.gateway}`,
        each.index,
        each.priority,
        each.table,
        each.scope,
        each.protocol,
        each.mtu,
      ]);
  say("no routes", all);
  say("add a route", () => route.add(inside, to("10.7.0.0/16", 1)));
  say("add it again", () => route.add(inside, to("10.7.0.0/16", 2)));
  say("beside", () => route.addBeside(inside, to("10.7.0.0/16", 2)));
  say("beside again", () => route.addBeside(inside, to("10.7.0.0/16", 2)));
  say("append", () => route.append(inside, to("10.7.0.0/16", 3)));
  say("with a metric", () =>
    route.add(inside, { ...to("10.7.0.0/16", 1), priority: 7, mtu: 1300 }),
  );
  say("by no link", () => route.add(inside, { ...to("10.8.0.0/16", 1), index: 999 }));
  say("all", all);
  say("replace", () => route.replace(inside, to("10.7.0.0/16", 9)));
  say("all after", all);
  say("delete by its metric", () => route.delete(inside, { ...to("10.7.0.0/16", 1), priority: 7 }));
  say("delete what is not there", () => route.delete(inside, to("10.6.0.0/16", 1)));
  say("to a place", () => route.list(inside, { to: [Prefix.parse("10.7.0.0/16")] }).length);
  say("first", () => `${route.find(inside, { table })?.gateway}`);
  say("of another table", () => route.list(inside, { table: 5000 }).length);
}

function playRules(writer: Writer, inside: RouteSocket): void {
  const say = writer.say.bind(writer);
  const all = (): unknown =>
    rule.list(inside, { family: 4 }).map((each) => [each.priority, `${each.from}`, each.table]);
  const from = Prefix.parse("10.1.2.3/32");
  say("rules", all);
  say("add a rule", () => rule.add(inside, { family: 4, from, table: 100, priority: 99 }));
  say("again", () => rule.add(inside, { family: 4, from, table: 100, priority: 99 }));
  say("without a number", () => rule.add(inside, { family: 4, from, table: 1000 }));
  say("rules after", all);
  say("delete", () => rule.delete(inside, { family: 4, from, table: 100 }));
  say("delete again", () => rule.delete(inside, { family: 4, from, table: 100 }));
  say("rules at last", all);
}

function playNeighbours(writer: Writer, inside: RouteSocket): void {
  const say = writer.say.bind(writer);
  const index = link.get(inside, { name: "eth0" })?.index ?? 0;
  const [ip, mac] = [Ip.parse("10.1.2.9"), "02:00:00:00:00:09"];
  const all = (): unknown =>
    neighbour
      .list(inside, { family: 4, index, where: ({ state }) => state === neighbour.NUD_PERMANENT })
      .map((each) => [`${each.ip}`, each.address, each.state]);
  say("a neighbour", () => neighbour.replace(inside, { index, ip, address: mac }));
  say("it, new", () => neighbour.add(inside, { index, ip, address: mac }));
  say("neighbours", all);
  say("it moves", () => neighbour.replace(inside, { index, ip, address: "02:00:00:00:00:0a" }));
  say("neighbours after", all);
  say("a neighbour on no link", () => neighbour.add(inside, { index: 999, ip, address: mac }));
  say("forget it", () => neighbour.delete(inside, { index, ip }));
  say("forget it again", () => neighbour.delete(inside, { index, ip }));
  say("on no link", () => neighbour.delete(inside, { index: 999, ip }));
  say("no neighbours", all);
}

/** VLANs of a bridge and its port; only for kernels that have them. */
export function playVlans({ host }: Scene): Transcript {
  const writer = new Writer();
  const say = writer.say.bind(writer);
  using onHost = RouteSocket.open(host);
  const bridge = link.add(onHost, { name: "br7", kind: "bridge", up: true });
  link.add(onHost, { name: "p7", kind: "veth", peer: { name: "q7" } });
  const index = link.get(onHost, { name: "p7" })?.index ?? 0;
  const of = (each: number): unknown =>
    vlan.list(onHost).find((table) => table.index === each)?.ranges;
  say("of a bridge", () => of(bridge));
  say("of a link", () => of(index));
  say("of no port", () => vlan.add(onHost, { index }, [{ first: 5, last: 5 }]));
  link.set(onHost, index, { master: bridge });
  say("of a port", () => of(index));
  say("some more", () =>
    vlan.add(onHost, { index }, [
      { first: 5, last: 9 },
      { first: 10, last: 10, untagged: true },
      { first: 12, last: 12, pvid: true, untagged: true },
    ]),
  );
  say("of the port then", () => of(index));
  say("fewer", () => vlan.delete(onHost, { index }, [{ first: 1, last: 6 }]));
  say("of the port at last", () => of(index));
  link.set(onHost, index, { master: 0 });
  say("of the port that left", () => of(index));
  return writer.transcript;
}

const T = { family: "inet", table: "t" } as const;

function playRuleset(writer: Writer, nft: Nftables): void {
  const commit = (question: string, build: (batch: Batch) => unknown): void =>
    writer.say(question, () => nft.commit((batch) => void build(batch)));
  const say = writer.say.bind(writer);
  const before = nft.generation();
  const hook = { type: "filter", hook: "forward", priority: 0 } as const;
  const rules = (): unknown =>
    nft
      .listRules("inet", "t", "c")
      .map(({ comment, expressions }) => [comment, expressions.length]);
  say("no table", () => nft.getTable("inet", "t"));
  commit("a chain in no table", (b) => b.addChain({ ...T, name: "c" }));
  commit("a table with chains", (b) => {
    b.addTable({ family: "inet", name: "t", comment: "ours" });
    b.addChain({ ...T, name: "c", comment: "first" }).addChain({ ...T, name: "d" });
    b.addChain({ ...T, name: "f", hook });
  });
  commit("the table again", (b) => b.addTable({ family: "inet", name: "t" }));
  commit("the table, new", (b) => b.addTable({ family: "inet", name: "t" }, { exclusive: true }));
  commit("the chain, new", (b) => b.addChain({ ...T, name: "c" }, { exclusive: true }));
  say("generations", () => nft.generation() - before);
  commit("the chain again", (b) => b.addChain({ ...T, name: "c" }));
  say("generations with a chain again", () => nft.generation() - before);
  say("a transaction for an older one", () =>
    nft.commit((b) => void b.addChain({ ...T, name: "late" }), { generation: before }),
  );
  say("table", () => ({ ...nft.getTable("inet", "t"), handle: 0 }));
  say("chains", () =>
    nft.listChains("inet", "t").map(({ name, hook: at, comment }) => ({ name, at, comment })),
  );
  const accept = compose(interfaceMatch("iifname", "eth0"), verdict("accept"));
  const rule1 = { ...T, chain: "c", expressions: accept, comment: "one" };
  commit("rules", (b) => {
    b.addRule(rule1).insertRule({ ...rule1, comment: "zero" });
    b.addRule({ ...T, chain: "c", expressions: jump("d"), comment: "two" });
  });
  say("rules in their order", rules);
  const middle = nft.listRules("inet", "t", "c")[1]?.handle ?? 0n;
  commit("behind one", (b) => b.addRule({ ...rule1, comment: "one and a half", position: middle }));
  commit("before it", (b) => b.insertRule({ ...rule1, comment: "a half", position: middle }));
  say("rules after", rules);
  commit("behind none", (b) => b.addRule({ ...rule1, position: 9999n }));
  commit("a jump to nowhere", (b) => b.addRule({ ...rule1, expressions: jump("nowhere") }));
  commit("a rule of no chain", (b) => b.addRule({ ...rule1, chain: "none" }));
  commit("half of it fails", (b) =>
    b.addChain({ ...T, name: "g" }).delChain({ ...T, name: "none" }),
  );
  say("nothing of that was done", () => nft.getChain("inet", "t", "g"));
  commit("delete a chain that is used", (b) => b.delChain({ ...T, name: "d" }));
  commit("delete a chain with rules", (b) => {
    b.addChain({ ...T, name: "e" })
      .addRule({ ...rule1, chain: "e" })
      .delChain({ ...T, name: "e" });
  });
  commit("delete a rule", (b) => b.delRule({ ...T, chain: "c", handle: middle }));
  commit("delete it again", (b) => b.delRule({ ...T, chain: "c", handle: middle }));
  commit("flush", (b) => b.flushChain({ ...T, name: "c" }));
  say("no rules", rules);
  commit("delete a chain", (b) => b.delChain({ ...T, name: "d" }));
  say("rules of no table", () => nft.listRules("inet", "none"));
}

function playSets(writer: Writer, nft: Nftables): void {
  const commit = (question: string, build: (batch: Batch) => unknown): void =>
    writer.say(question, () => nft.commit((batch) => void build(batch)));
  const say = writer.say.bind(writer);
  const s = { ...T, name: "s" };
  const m = { ...T, name: "m" };
  const key = (last: number): Uint8Array => Uint8Array.of(10, 0, 0, last);
  const elements = (set: string): unknown =>
    nft
      .listElements("inet", "t", set)
      .sort((a, b) => a.key.toHex().localeCompare(b.key.toHex()))
      .map(({ key: bytes, data, comment }) => [bytes.toHex(), data, comment]);
  commit("a set with elements", (b) => {
    b.addSet({ ...s, key: ["ipv4_addr"], comment: "addresses" });
    b.addElements(s, [{ key: key(1), comment: "net c1 eth0" }, { key: key(2) }]);
  });
  commit("the set, new", (b) => b.addSet({ ...s, key: ["ipv4_addr"] }, { exclusive: true }));
  say("set", () => ({ ...nft.getSet("inet", "t", "s"), handle: 0, count: 0 }));
  say("elements", () => elements("s"));
  commit("an element again", (b) => b.addElements(s, [{ key: key(1) }]));
  commit("an element, new", (b) => b.addElements(s, [{ key: key(1) }], { exclusive: true }));
  const generation = nft.generation();
  commit("an element and the set again", (b) => b.addSet({ ...s, key: ["ipv4_addr"] }));
  say("generations with a set again", () => nft.generation() - generation);
  commit("an element once more", (b) => b.addElements(s, [{ key: key(1) }]));
  say("generations with an element again", () => nft.generation() - generation);
  say("one", () => nft.getElement("inet", "t", "s", key(1)));
  say("one that is not there", () => nft.getElement("inet", "t", "s", key(9)));
  commit("delete one that is not there", (b) => b.delElements(s, [key(9)]));
  commit("delete one", (b) => b.delElements(s, [key(2)]));
  say("elements after", () => elements("s"));
  const to = (chain: string): Data => ({ verdict: "jump", chain });
  commit("a map of verdicts", (b) => {
    b.addChain({ ...T, name: "target" }).addSet({ ...m, key: ["ipv4_addr"], data: "verdict" });
    b.addElements(m, [{ key: key(1), data: to("target") }]);
  });
  commit("other data", (b) => b.addElements(m, [{ key: key(1), data: { verdict: "drop" } }]));
  say("map", () => elements("m"));
  commit("a chain that a map points at", (b) => b.delChain({ ...T, name: "target" }));
  const looks = compose(loadKey("inet", ["ip saddr"]), [lookup("s")], verdict("drop"));
  commit("a rule that looks", (b) => b.addRule({ ...T, chain: "c", expressions: looks }));
  const blind = compose(loadKey("inet", ["ip saddr"]), [lookup("none")], verdict("drop"));
  commit("a rule that looks nowhere", (b) => b.addRule({ ...T, chain: "c", expressions: blind }));
  commit("delete a set that is used", (b) => b.delSet(s));
  commit("flush a set", (b) => b.flushSet(s));
  say("no elements", () => elements("s"));
  say("sets", () =>
    nft
      .listSets("inet", "t")
      .map(({ name }) => name)
      .sort(),
  );
  commit("delete the table", (b) => b.delTable({ family: "inet", name: "t" }));
  commit("delete it again", (b) => b.delTable({ family: "inet", name: "t" }));
  say("tables", () => nft.listTables().length);
}
