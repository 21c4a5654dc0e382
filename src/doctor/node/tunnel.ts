/** Whether the rules of this node let the packets of a fleet's overlay out and in. */
import type { Ip } from "../../addr/index.ts";
import { shellWord } from "../../base/index.ts";
import { route } from "../../kernel/route/index.ts";
import type { TunnelEnds } from "../../overlay/index.ts";
import { nameOfRule } from "../container/passage.ts";
import type { HostFacts } from "../facts/host.ts";
import type { Report } from "../report.ts";
import { type DecidingRule, IPPROTO_UDP, type Packet, Walk } from "../ruleset/index.ts";

/** One packet between this node and another, and the hooks that it passes here. */
interface Way {
  readonly packet: Packet;
  readonly hooks: readonly ("prerouting" | "input" | "output" | "postrouting")[];
  readonly what: string;
}

/** Leads a packet to each of the other nodes, and one from it, through all chains. */
export function judgeTunnel(
  report: Report,
  host: HostFacts,
  network: string,
  { port, peers, answers }: TunnelEnds,
): void {
  report.look(
    `all base chains of nftables, with UDP port ${port} of the fleet's network ${network}`,
  );
  const named = new Set<string>();
  for (const peer of peers) {
    for (const way of waysTo(host, peer, port)) {
      const place = droppedAt(host, way);
      if (place === undefined || named.has(nameOfRule(place))) continue;
      named.add(nameOfRule(place));
      // What this node has asked for may pass where a first packet does not.
      const asAnswer = { ...way, packet: { ...way.packet, isReply: true } };
      const isSure = !answers || droppedAt(host, asAnswer) !== undefined;
      report.find(
        isSure ? "fleet-tunnel-dropped" : "fleet-tunnel-may-be-dropped",
        `${nameOfRule(place)} drops ${way.what} (UDP port ${port}) of the fleet's network ${network}`,
        acceptance(place, port),
      );
    }
  }
}

function waysTo(host: HostFacts, peer: Ip, port: number): Way[] {
  const way = route.get(host.socket, { dst: peer });
  const own = way?.source;
  const at = host.packetLink(way?.index);
  if (own === undefined || at === undefined) return [];
  const common = {
    protocol: IPPROTO_UDP,
    destinationPort: port,
    isReply: false,
    isTranslated: false,
    isOwn: true,
  };
  return [
    {
      packet: { ...common, source: own, destination: peer, output: at },
      hooks: ["output", "postrouting"],
      what: `what this node sends to ${peer}`,
    },
    {
      packet: { ...common, source: peer, destination: own, input: at },
      hooks: ["prerouting", "input"],
      what: `what ${peer} sends to this node`,
    },
  ];
}

function droppedAt(host: HostFacts, { packet, hooks }: Way): DecidingRule | undefined {
  const walk = new Walk(host.ruleset, host);
  for (const hook of hooks) {
    const { dropped } = walk.pass(hook, packet);
    if (dropped !== undefined) return dropped;
  }
  return undefined;
}

/** What lets the packet pass, in the words of the program whose rule it is. */
function acceptance({ family, table, chain, hook }: DecidingRule, port: number): string {
  if (table === "firewalld") {
    return `firewall-cmd --permanent --add-port=${port}/udp && firewall-cmd --reload`;
  }
  if ((family === "ip" || family === "ip6") && (table === "filter" || table === "raw")) {
    const program = family === "ip" ? "iptables" : "ip6tables";
    return `${program} -t ${table} -I ${hook.toUpperCase()} -p udp --dport ${port} -j ACCEPT`;
  }
  return `nft insert rule ${family} ${shellWord(table)} ${shellWord(chain)} udp dport ${port} accept`;
}
