import { afterEach, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";
import { Nftables, ruleLine } from "./index.ts";

requireOwnNamespaces();

// Rules as nft and iptables write them, read back and printed.

afterEach(async () => {
  await must(["nft", "flush", "ruleset"]);
});

const RULES = [
  'ip saddr 10.1.0.0/16 tcp dport 80 drop comment "no web"',
  "ip daddr != 10.1.0.5 udp dport 53 accept",
  'iifname "eth0" oifname != "br*" meta mark 0x2a accept',
  "ct state established,related accept",
  "ip6 saddr fd00::/64 jump other",
  "ip6 daddr fd00::5 accept",
  "tcp dport != 22 return",
  "ip saddr @guests drop",
  "masquerade",
];

needs("nft")("rules are printed as nft shows them", async () => {
  const lines = RULES.map((rule) => `add rule inet t c ${rule}`);
  const stdin = [
    "add table inet t; add chain inet t other",
    "add chain inet t c { type nat hook postrouting priority 0; }",
    "add set inet t guests { type ipv4_addr; }",
    ...lines,
  ].join("\n");
  await must(["nft", "-f", "-"], { stdin });
  using nft = Nftables.open();
  expect(nft.listRules("inet", "t", "c").map(ruleLine)).toEqual(RULES);
});

needs("nft", "iptables")(
  "of iptables' rules the parts that only it has words for are named",
  async () => {
    const rule = [
      "-p",
      "tcp",
      "-m",
      "conntrack",
      "--ctstate",
      "NEW",
      "-d",
      "10.0.0.1",
      "-j",
      "REJECT",
    ];
    await must(["iptables", "-A", "FORWARD", ...rule, "-m", "comment", "--comment", "why not"]);
    using nft = Nftables.open();
    const [found] = nft.listRules("ip", "filter", "FORWARD");
    const line = found === undefined ? "" : ruleLine(found);
    expect(line).toContain("ip daddr 10.0.0.1");
    expect(line).toContain("xt match conntrack");
    expect(line).toMatch(/reject|REJECT/u);
    expect(line).toEndWith('comment "why not"');
  },
);
