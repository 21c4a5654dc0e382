import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import fc from "fast-check";
import { Ip } from "../../src/addr/index.ts";
import { followPacket } from "../../src/doctor/index.ts";
import { must, run } from "../support/exec.ts";
import { needs } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { bridgeNetwork, World } from "./world.ts";

/** What doctor says of a packet before it is sent is what the kernel does with it. */

setDefaultTimeout(patient(120_000));

const RULESETS = 60;
const SEED = 7;
const TARGET = "192.0.2.2";
/** Of an answer that does not come. */
const WAIT_MS = 60;

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(async () => {
  await world.tidy();
  world.close();
});

const matches: fc.Arbitrary<string> = fc.constantFrom(
  ...[
    "",
    "ip saddr 10.1.0.0/24",
    "ip saddr != 10.1.0.0/25",
    "ip daddr 192.0.2.0/28",
    "ip daddr @outside",
  ],
  ...[
    "ip saddr . ip daddr @pairs",
    "iifname br1",
    'iifname "br*"',
    "oifname != uplink",
    "iif br1 oif uplink",
  ],
  ...[
    "meta l4proto tcp",
    "tcp dport 443",
    "tcp dport 80-90",
    "tcp dport { 22, 81 }",
    "udp dport 81",
  ],
  ...["ct state new", "ct state established,related", "ct status dnat", "ct direction original"],
  ...[
    "meta mark 5",
    "meta mark & 0x4 == 0x4",
    "meta mark != 0",
    "tcp flags syn / syn,ack",
    "ip protocol udp",
  ],
  ...[
    "fib daddr type local",
    "fib saddr . iif oif missing",
    "ct original ip daddr 192.0.2.2",
    "meta pkttype host",
  ],
);
const verdicts: fc.Arbitrary<string> = fc.constantFrom(
  ...["drop", "accept", "counter", "jump other", "goto other", "return", "meta mark set 5"],
  ...["meta mark set meta mark | 0x4", "ct mark set 3", "reject", "drop", "jump third"],
  ...["tcp dport vmap { 22 : accept, 81 : drop, 90-99 : jump third }"],
);
const rule = fc.tuple(matches, verdicts).map(([match, verdict]) => `    ${match} ${verdict}`);
const rules = (most: number): fc.Arbitrary<string> =>
  fc.array(rule, { maxLength: most }).map((lines) => lines.join("\n"));

/** Jumps lead down only, as the kernel wants it. */
const ruleset = fc
  .record({
    early: rules(3),
    late: rules(3),
    other: rules(3),
    third: rules(2),
    policy: fc.constantFrom("accept", "accept", "drop"),
  })
  .map(({ early, late, other, third, policy }) => {
    const leaf = (text: string, ...chains: string[]): string =>
      chains.reduce(
        (all, chain) => all.replaceAll(new RegExp(`(jump|goto) ${chain}`, "g"), "counter"),
        text,
      );
    return `table inet drawn {
  set outside { type ipv4_addr; flags interval; elements = { 192.0.2.0-192.0.2.9, 198.51.100.0/24 } }
  set pairs { type ipv4_addr . ipv4_addr; elements = { 10.1.0.2 . 192.0.2.2 } }
  chain third {
${leaf(third, "other", "third")}
  }
  chain other {
${leaf(other, "other")}
  }
  chain early {
    type filter hook forward priority -5
${early}
  }
  chain late {
    type filter hook forward priority 5; policy ${policy};
${late}
  }
}`;
  });

interface Said {
  readonly findings: readonly { readonly name: string; readonly message: string }[];
}

needs("nft")("the rules that doctor names are those that drop the packet", async () => {
  world.write("10-net.conflist", bridgeNetwork("net1"));
  const { name, netns } = await world.container();
  await world.must("add", "net1", name, "--id", "web");
  let dropped = 0;
  for (const text of fc.sample(ruleset, { numRuns: RULESETS, seed: SEED })) {
    // Some that are drawn contradict themselves, which nft refuses.
    if ((await run(["nft", "-f", "-"], { stdin: text })).exitCode !== 0) continue;
    const { findings }: Said = await world.doctor("web", "--to", `${TARGET}:81`);
    const story = await followPacket({
      ...{ netns, source: Ip.parse("10.1.0.2"), destination: Ip.parse(TARGET), port: 81 },
      ...{ protocol: "tcp", timeoutMs: WAIT_MS, hearsDrops: false },
    });
    await must(["nft", "delete", "table", "inet", "drawn"]);
    const { droppedBy } = story;
    const first = findings.find(({ message }) => !message.includes("the answer to"));
    const told = { text, findings, droppedBy };
    if (droppedBy === undefined) {
      // The answer may be dropped, or a match that cannot be judged be named.
      expect({ ...told, first }).toEqual({ ...told, first: undefined });
      continue;
    }
    dropped++;
    expect({ ...told, name: first?.name }).toEqual({ ...told, name: "packet-dropped" });
    expect({ ...told, first: first?.message }).toEqual({
      ...told,
      first: expect.stringContaining(`chain ${droppedBy.chain} in table inet drawn`) as string,
    });
  }
  expect(dropped).toBeGreaterThan(5);
});
