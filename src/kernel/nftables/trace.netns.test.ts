import { afterEach, beforeAll, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";
import { Ip } from "../../addr/index.ts";
import { Nftables, PacketTrace, type TracedFlow, type TraceEvent } from "./index.ts";

requireOwnNamespaces();

// Datagrams on loopback, and rules of another program.

const test = needs("ip", "nft", "kernel:nft-owned-tables");
const PORT = 9999;

beforeAll(async () => {
  await must(["ip", "link", "set", "lo", "up"]);
});
afterEach(async () => {
  await must(["nft", "flush", "ruleset"]);
});

const RULES = `
  table ip stranger {
    chain in { type filter hook input priority 0; policy accept; jump inner; }
    chain inner { udp dport 1 accept; udp dport ${PORT} counter drop comment "not here"; }
  }
  table ip6 six {
    chain in { type filter hook input priority 0; policy drop; udp dport 1 accept; }
  }
`;

/** Sends one datagram, and gives what was reported of it. */
async function traced(
  address: string,
  trace: (flow: TracedFlow) => PacketTrace,
): Promise<TraceEvent[]> {
  const ip = Ip.parse(address);
  const socket = await Bun.udpSocket({ hostname: address });
  try {
    const ends = { source: ip, destination: ip, destinationPort: PORT };
    using events = trace({ protocol: "udp", sourcePort: socket.port, ...ends });
    socket.send("packet", PORT, address);
    const found = events.events(5000);
    await Bun.sleep(50);
    return [...found, ...events.events()];
  } finally {
    socket.close();
  }
}

const open = (flow: TracedFlow): PacketTrace => PacketTrace.open([flow]);

const shown = (events: readonly TraceEvent[]): string[] =>
  events.map(({ family, table, chain, type, verdict, target = "" }) =>
    [family, table, chain, type, verdict, target].join(" ").trim(),
  );

async function tables(): Promise<string> {
  return await must(["nft", "list", "tables"]);
}

test("each rule that a packet meets is reported, up to the one that drops it", async () => {
  await must(["nft", "-f", "-"], { stdin: RULES });
  const events = await traced("127.0.0.1", open);
  expect(shown(events)).toEqual(["ip stranger in rule jump inner", "ip stranger inner rule drop"]);
  using nft = Nftables.open();
  const rule = nft
    .listRules("ip", "stranger", "inner")
    .find(({ handle }) => handle === events[1]?.handle);
  expect(rule?.comment).toBe("not here");
  expect(events[0]?.network?.slice(12, 20)).toEqual(Uint8Array.of(127, 0, 0, 1, 127, 0, 0, 1));
  expect(events[0]?.input).toBe(1);
});

test("a policy that drops is reported as one", async () => {
  await must(["nft", "-f", "-"], { stdin: RULES });
  const [first, ...rest] = shown(await traced("::1", open));
  // Kernels differ in what they call the event of a packet that no rule speaks of.
  expect(["ip6 six in packet continue", "ip6 six in return continue"]).toContain(String(first));
  expect(rest).toEqual(["ip6 six in policy drop"]);
});

test("other packets are not traced, and nothing is left behind", async () => {
  await must(["nft", "-f", "-"], { stdin: RULES });
  const before = await must(["nft", "-s", "list", "ruleset"]);
  const events = await traced("127.0.0.1", (flow) =>
    PacketTrace.open([{ ...flow, sourcePort: flow.sourcePort === 5 ? 6 : 5 }]),
  );
  expect(events).toEqual([]);
  const after = await must(["nft", "-s", "list", "ruleset"]);
  expect(after).toBe(before);
});

test("while it is there others cannot change its table, and a killed process leaves none", async () => {
  const source = `
    import { Ip } from "${import.meta.dir}/../../addr/index.ts";
    import { PacketTrace } from "${import.meta.dir}/index.ts";
    const ip = Ip.parse("127.0.0.1");
    const ends = { source: ip, sourcePort: 5, destination: ip, destinationPort: 6 };
    const trace = PacketTrace.open([{ protocol: "tcp", ...ends }]);
    console.log("open");
    await Bun.sleep(60_000);
    trace.events();
  `;
  const child = Bun.spawn([process.execPath, "-e", source], { stdout: "pipe" });
  await child.stdout.getReader().read();
  const name = /inet (hawser-trace-\d+)/u.exec(await tables())?.[1] ?? "";
  expect(name).not.toBe("");
  await must(["nft", "flush", "ruleset"]);
  expect(await tables()).toContain(name);
  child.kill("SIGKILL");
  await child.exited;
  expect(await tables()).toBe("");
});
