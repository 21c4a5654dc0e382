import { beforeAll, describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { must } from "../../../tests/support/exec.ts";
import { CLI_SCHEMA, schemaProblems } from "../../../tests/support/json-schema.ts";
import { GATEWAY4 } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";
import { portLab } from "../../../tests/support/port-lab.ts";
import { Ip } from "../../addr/index.ts";
import { type JsonObject, parseJson, printJson } from "../../spec/index.ts";
import {
  followPacket,
  type PacketQuestion,
  type PacketStory,
  storyJson,
  storyLines,
} from "./index.ts";

requireOwnNamespaces();

// Real packets of two containers on a bridge, through a host with rules of other programs.

const lab = portLab(2);
const test = needs("ip", "nft");
const SERVED = 8000;

beforeAll(async () => {
  await lab.outsideAgent.serve("tcp", SERVED);
  await lab.outsideAgent.serve("udp", SERVED);
});

type Asked = Partial<Omit<PacketQuestion, "destination">> & { readonly to?: string };

async function follow({ to = lab.outside.address4, ...asked }: Asked = {}): Promise<PacketStory> {
  const { container, address4, address6 } = lab.member(1);
  const destination = Ip.parse(to);
  return await followPacket({
    ...{ netns: container.netns, protocol: "tcp", port: SERVED, timeoutMs: 400 },
    source: Ip.parse(destination.family === 4 ? address4 : address6),
    ...{ destination, hearsDrops: false, ...asked },
  });
}

async function nft(rules: string): Promise<void> {
  await must(["nft", "-f", "-"], { stdin: rules });
}

/** All rules of the host and of the container, counters aside. */
async function rulesets(): Promise<string> {
  const inside = ["ip", "netns", "exec", lab.member(1).container.name];
  const list = ["nft", "-s", "list", "ruleset"];
  return (await must(list)) + (await must([...inside, ...list]));
}

const chainsOf = ({ events }: PacketStory): string[] =>
  events.map(({ place, direction, table, chain, type, verdict }) =>
    [place, direction, table, chain, type, verdict].join(" "),
  );

describe.each(["tcp", "udp"] as const)("%s", (protocol) => {
  test("a packet that arrives: its routes, each chain, and the answer", async () => {
    await nft(`table inet stranger {
      chain pass { type filter hook forward priority 0; policy drop;
        ip saddr 10.1.0.0/16 accept comment "containers"; ct state established accept; }
    }`);
    const before = await rulesets();
    const story = await follow({ protocol });
    expect(story.answer.kind).toBe("answered");
    expect(story.droppedBy).toBeUndefined();
    expect(story.routes).toMatchObject([
      { place: "container", way: { isLocal: false, table: 254, output: "eth0", mtu: 1500 } },
      { place: "host", input: "br0", way: { isLocal: false, table: 254, output: "uplink" } },
    ]);
    expect(story.routes[0]?.way?.gateway?.toString()).toBe(GATEWAY4);
    expect(chainsOf(story)).toEqual([
      "host request stranger pass rule accept",
      "host answer stranger pass rule accept",
    ]);
    expect(story.events[0]).toMatchObject({
      rule: 'ip saddr 10.1.0.0/16 accept comment "containers"',
      ...{ input: "br0", output: "uplink" },
    });
    expect(await rulesets()).toBe(before);
  });

  test("a packet that a rule of another program drops: table, chain and rule are named", async () => {
    await nft(`table ip stranger {
      chain first { type filter hook prerouting priority 0; policy accept; }
      chain pass { type filter hook forward priority 0; policy accept; jump deep; }
      chain deep { ${protocol} dport ${SERVED} drop comment "not from here"; }
    }`);
    const before = await rulesets();
    const story = await follow({ protocol });
    expect(story.answer.kind).toBe("silent");
    expect(chainsOf(story).filter((line) => !line.endsWith(" packet continue"))).toEqual([
      "host request stranger first policy accept",
      "host request stranger pass rule jump",
      "host request stranger deep rule drop",
    ]);
    expect(story.droppedBy).toMatchObject({
      ...{ place: "host", family: "ip", table: "stranger", chain: "deep" },
      rule: `${protocol} dport ${SERVED} drop comment "not from here"`,
    });
    expect(storyLines(story).at(-1)).toMatch(
      /^dropped in the host, table ip stranger, chain deep, rule \d+ \(.*"not from here"\)$/u,
    );
    expect(await rulesets()).toBe(before);
  });
});

needs("iptables")("a policy of iptables that drops is named", async () => {
  await must(["iptables", "-P", "FORWARD", "DROP"]);
  const story = await follow();
  expect(story.droppedBy).toMatchObject({ table: "filter", chain: "FORWARD", type: "policy" });
  await must(["iptables", "-P", "FORWARD", "ACCEPT"]);
});

test("what the container's own packet filter drops is seen there", async () => {
  const inside = ["ip", "netns", "exec", lab.member(1).container.name, "nft"];
  const rules = "table ip own { chain out { type filter hook output priority 0; policy drop; }; }";
  await must([...inside, "-f", "-"], { stdin: rules });
  try {
    const story = await follow({ protocol: "udp" });
    expect(story.answer).toEqual({ kind: "forbidden" });
    expect(story.droppedBy).toMatchObject({ place: "container", table: "own", type: "policy" });
  } finally {
    await must([...inside, "flush", "ruleset"]);
  }
});

test("a port of the host that leads to another container: the route of the translated packet", async () => {
  await lab.done("ADD", {
    member: lab.member(2),
    mappings: [{ hostPort: 8080, containerPort: 80 }],
  });
  const story = await follow({ to: lab.outside.hostAddress4, port: 8080 });
  expect(story.answer.kind).toBe("answered");
  expect(story.routes.map(({ way }) => way?.isLocal)).toEqual([false, true, false]);
  expect(story.routes[2]?.destination.toString()).toBe(lab.member(2).address4);
  expect(story.routes[2]?.way?.output).toBe("br0");
  expect(chainsOf(story)).toContain("host request hawser_ports prerouting rule accept");
});

test("a neighbour on the same bridge, and a rule of the bridge family in the way", async () => {
  const to = lab.member(2).address4;
  const free = await follow({ to, port: 80 });
  expect(free.answer.kind).toBe("answered");
  expect(free.routes).toHaveLength(1);
  await nft(
    "table bridge b { chain f { type filter hook forward priority 0; tcp dport 80 drop; }; }",
  );
  const story = await follow({ to, port: 80 });
  expect(story.answer.kind).toBe("silent");
  expect(story.droppedBy).toMatchObject({ family: "bridge", table: "b", chain: "f" });
});

test("a port where nothing listens is refused, and IPv6 goes the same way", async () => {
  expect((await follow({ port: 81 })).answer.kind).toBe("refused");
  expect((await follow({ port: 81, protocol: "udp" })).answer.kind).toBe("refused");
  const six = await follow({ to: lab.outside.address6 });
  expect(six.answer.kind).toBe("answered");
  expect(six.routes.map(({ way }) => way?.output)).toEqual(["eth0", "uplink"]);
});

test("without a route the packet never leaves, and the kernel says so", async () => {
  const route = ["ip", "-n", lab.member(1).container.name, "route"];
  await must([...route, "del", "default"]);
  try {
    const story = await follow();
    expect(story.answer).toMatchObject({ kind: "unreachable" });
    expect(story.routes).toMatchObject([{ refusal: "there is no route to it" }]);
  } finally {
    await must([...route, "add", "default", "via", GATEWAY4]);
  }
});

test("where the host does not forward, its routing says no", async () => {
  const key = "/proc/sys/net/ipv4/ip_forward";
  writeFileSync(key, "0");
  try {
    const { answer, routes } = await follow();
    expect(answer.kind).toBe("silent");
    expect(routes[1]).toMatchObject({ place: "host", input: "br0" });
    expect(routes[1]?.refusal).toEndWith("or what comes from br0 is not forwarded");
  } finally {
    writeFileSync(key, "1");
  }
});

test("an address that rp_filter does not let in is told of as such", async () => {
  const inside = ["ip", "-n", lab.member(1).container.name, "address"];
  const strange = ["10.99.0.1/32", "dev", "eth0"];
  await must([...inside, "add", ...strange]);
  writeFileSync("/proc/sys/net/ipv4/conf/br0/rp_filter", "1");
  try {
    const { routes } = await follow({ source: Ip.parse("10.99.0.1") });
    expect(routes[1]?.refusal).toContain("(rp_filter)");
  } finally {
    writeFileSync("/proc/sys/net/ipv4/conf/br0/rp_filter", "0");
    await must([...inside, "del", ...strange]);
  }
});

test("policy routing by port is asked for this very packet", async () => {
  const inside = ["ip", "-n", lab.member(1).container.name];
  await must([...inside, "route", "add", "blackhole", "default", "table", "77"]);
  await must([...inside, "rule", "add", "ipproto", "tcp", "dport", String(SERVED), "table", "77"]);
  try {
    const story = await follow();
    expect(story.routes[0]?.way).toBeUndefined();
    expect(story.answer.kind).toBe("unreachable");
    expect((await follow({ port: SERVED, protocol: "udp" })).answer.kind).toBe("answered");
  } finally {
    await must([...inside, "rule", "del", "table", "77"]);
  }
});

needs(
  "virtio-nic",
  "kernel:drop-monitor",
  "nft",
)("what the kernel drops is heard of, with the reason", async () => {
  await nft(`table ip stranger {
    chain pass { type filter hook forward priority 0; udp dport ${SERVED} drop; }
  }`);
  const { drops, missing } = await follow({ protocol: "udp", hearsDrops: true });
  expect(missing).toEqual([]);
  expect(drops).toMatchObject([{ direction: "request", reason: "NETFILTER_DROP" }]);
});

test("for programs the story has the form of the schema", async () => {
  await nft("table ip s { chain f { type filter hook forward priority 0; policy drop; }; }");
  const story = storyJson(await follow());
  const schema = {
    ...CLI_SCHEMA,
    ...((CLI_SCHEMA["$defs"] as JsonObject)["packet"] as JsonObject),
  };
  expect(schemaProblems(schema, parseJson(printJson(story)))).toEqual([]);
  expect(story["droppedBy"]).toMatchObject({ table: "s", type: "policy" });
});

test("an address that the container does not have is refused", async () => {
  const error = await follow({ source: Ip.parse("10.1.0.99") }).catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(/send from 10\.1\.0\.99 in .*cannot assign requested address/u);
});
