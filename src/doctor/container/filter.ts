/** Rules in the way: the packet, and its answer, are led through all chains of the hooks. */
import type { Ip } from "../../addr/index.ts";
import { shellWord } from "../../base/index.ts";
import type { Family as Table } from "../../kernel/nftables/index.ts";
import { hasLegacyTable } from "../../state/iptables/index.ts";
import { sysctlNumber } from "../facts/host.ts";
import type { Report, StageSpec } from "../report.ts";
import { type DecidingRule, type Passage, Walk } from "../ruleset/index.ts";
import type { Examination, Flow } from "./examination.ts";
import { nameOfRule, packetOf } from "./passage.ts";

export const filter: StageSpec<Examination> = {
  name: "filter",
  title: "packet filter",
  look(examination, report) {
    const { flows, hostLink } = examination;
    report.look("all base chains of nftables, those of iptables-nft and firewalld among them");
    for (const flow of flows) {
      legacy(report, flow);
      if (examination.isNeighbour(flow.target) && !examination.host.hasAddress(flow.target)) {
        bridged(examination, report, flow);
      } else {
        routed(examination, report, flow);
      }
    }
    if (flows.length === 0) bridgedSibling(examination, report);
    report.pass(flows.length === 0 ? `nothing of ${hostLink.name} is routed` : "they let it pass");
  },
};

/** Rules of the kernel's old interface are read by programs alone. */
function legacy(report: Report, { family }: Flow): void {
  if (!hasLegacyTable(family, "filter")) return;
  report.find(
    "legacy-rules-unread",
    `iptables-legacy has a table filter for IPv${family}, which may drop and is not read here`,
    `${family === 4 ? "iptables" : "ip6tables"}-legacy -S FORWARD`,
  );
}

function routed(examination: Examination, report: Report, flow: Flow): void {
  const { host, hostLink } = examination;
  const output = host.hasAddress(flow.target) ? undefined : host.linkTo(flow.target);
  const isLocal = host.hasAddress(flow.target);
  if (!isLocal && output === undefined) return;
  const walk = new Walk(host.ruleset, host);
  const way = {
    source: flow.source,
    destination: flow.target,
    protocol: flow.protocol,
    port: flow.port,
    input: hostLink.index,
  };
  const first = packetOf(examination, { ...way });
  const there = walk.pass("prerouting", first);
  judge(examination, report, flow, there, "");
  const onward = packetOf(examination, { ...way, output });
  if (there.translation === undefined) {
    judge(examination, report, flow, walk.pass(isLocal ? "input" : "forward", onward), "");
    if (!isLocal) judge(examination, report, flow, walk.pass("postrouting", onward), "");
  }
  if (isLocal || there.dropped !== undefined) return;
  const answer = packetOf(examination, {
    source: flow.target,
    destination: flow.source,
    protocol: flow.protocol,
    port: flow.port,
    input: output,
    output: hostLink.index,
    isReply: true,
  });
  judge(
    examination,
    report,
    flow,
    new Walk(host.ruleset, host).pass("forward", answer),
    "the answer to ",
  );
}

/** Frames from port to port pass the bridge's own chains, and with br_netfilter those of IP. */
function bridged(examination: Examination, report: Report, flow: Flow): void {
  const { host, bridge } = examination;
  if (bridge === undefined) return;
  const families: Table[] = ["bridge"];
  const isFiltered = usesBridgeFilter(report, bridge.name, flow.family);
  if (isFiltered) families.push(flow.family === 4 ? "ip" : "ip6", "inet");
  const packet = packetOf(examination, {
    source: flow.source,
    destination: flow.target,
    protocol: flow.protocol,
    port: flow.port,
    input: bridge.index,
    output: bridge.index,
  });
  const passage = new Walk(host.ruleset, host).pass("forward", packet, families);
  if (passage.dropped !== undefined && isFiltered && passage.dropped.family !== "bridge") {
    report.find(
      "bridge-filter-drops",
      `frames from port to port of ${bridge.name} meet IP's packet filter (bridge-nf-call-${
        flow.family === 4 ? "iptables" : "ip6tables"
      } is 1), and ${nameOfRule(passage.dropped)} drops them`,
      acceptance(passage.dropped, flow.source, bridge.name),
    );
    return;
  }
  judge(examination, report, flow, passage, "");
}

/** Without a target the same is asked for another container of the subnet. */
function bridgedSibling(examination: Examination, report: Report): void {
  for (const { prefix } of examination.addresses) {
    const ip = prefix.ip.next();
    if (!prefix.contains(ip)) continue;
    bridged(examination, report, {
      family: prefix.family,
      source: prefix.ip,
      target: ip,
      protocol: "tcp",
      isNamed: false,
    });
  }
}

function usesBridgeFilter(report: Report, name: string, family: 4 | 6): boolean {
  const tables = family === 4 ? "iptables" : "ip6tables";
  const key = `net/bridge/bridge-nf-call-${tables}`;
  report.look(`sysctl ${key}`);
  return sysctlNumber(key) === 1 && name !== "";
}

function judge(
  { hostLink }: Examination,
  report: Report,
  { source, target, isNamed }: Flow,
  { dropped, doubts }: Passage,
  what: string,
): void {
  const to = isNamed ? `${target}` : "what lies beyond the node";
  const packet = `${what}what ${source} sends to ${to}`;
  if (dropped !== undefined) {
    report.find(
      "packet-dropped",
      `${nameOfRule(dropped)} drops ${packet}`,
      acceptance(dropped, source, hostLink.name),
    );
    return;
  }
  for (const place of doubts.slice(0, 3)) {
    report.find(
      "packet-may-be-dropped",
      `${nameOfRule(place)} may drop ${packet}: it depends on more than is known of the packet`,
      `nft -a list chain ${place.family} ${shellWord(place.table)} ${shellWord(place.chain)}`,
    );
  }
}

/** What lets the packet pass, in the words of the program whose rule it is. */
export function acceptance(place: DecidingRule, source: Ip, link: string): string {
  const { family, table, chain, handle, hook } = place;
  if (table === "firewalld") {
    return `firewall-cmd --permanent --zone=trusted --add-source=${source} && firewall-cmd --reload`;
  }
  const isIptables = (family === "ip" || family === "ip6") && table === "filter";
  if (isIptables) {
    const program = family === "ip" ? "iptables" : "ip6tables";
    const [from, to] = hook === "input" ? [`-s ${source}`, ""] : [`-s ${source}`, `-d ${source}`];
    const first = `${program} -I ${shellWord(rootChain(chain, hook))} ${from} -j ACCEPT`;
    return to === ""
      ? first
      : `${first} && ${program} -I ${shellWord(rootChain(chain, hook))} ${to} -j ACCEPT`;
  }
  const where = `${family} ${shellWord(table)} ${shellWord(chain)}`;
  if (handle === undefined) {
    return `nft insert rule ${where} iifname ${shellWord(link)} accept && nft insert rule ${where} oifname ${shellWord(link)} accept`;
  }
  return `nft delete rule ${where} handle ${handle}`;
}

function rootChain(chain: string, hook: DecidingRule["hook"]): string {
  if (hook === "forward") return "FORWARD";
  return hook === "input" ? "INPUT" : chain;
}
