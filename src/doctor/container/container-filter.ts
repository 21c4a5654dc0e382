/** Rules inside the container: what it sends meets them before the host's, and what it gets after them. */
import { shellWord } from "../../base/index.ts";
import type { HookName } from "../../kernel/nftables/index.ts";
import { hasLegacyTable, isOwnTable } from "../../state/iptables/index.ts";
import type { Report, StageSpec } from "../report.ts";
import { type DecidingRule, type Packet, Walk } from "../ruleset/index.ts";
import type { PublishedPort } from "../subject.ts";
import type { Examination, Flow } from "./examination.ts";
import { nameOfRule, type PacketSpec, packetIn } from "./passage.ts";
import { CALLER, PORTS_MAX, portText } from "./ports.ts";

/** A packet that a process of the container sends or gets, and the hooks that it passes there. */
interface Way {
  readonly packet: Packet;
  readonly hooks: readonly HookName[];
  /** Words for the packet. */
  readonly what: string;
}

const OUT: readonly HookName[] = ["output", "postrouting"];
const IN: readonly HookName[] = ["prerouting", "input"];
/** Doubts of one packet that are named. */
const DOUBTS_MAX = 3;
const IPTABLES = new Set(["raw", "mangle", "nat", "filter", "security"]);

export const containerFilter: StageSpec<Examination> = {
  name: "container-filter",
  title: "packet filter in the container",
  look(examination, report) {
    const { container, flows, subject } = examination;
    report.look(`all base chains of nftables in ${subject.netns}`);
    for (const family of [4, 6] as const) legacy(examination, report, family);
    const isEmpty = container.ruleset.chains.length === 0;
    report.pass(isEmpty ? "it has no rules" : "its rules let it pass");
    if (isEmpty) return;
    const ports = subject.ports.slice(0, PORTS_MAX);
    const ways = [
      ...flows.flatMap((flow) => asking(examination, flow)),
      ...ports.flatMap((port) => serving(examination, port)),
    ];
    for (const way of ways) judge(examination, report, way);
  },
};

function legacy(examination: Examination, report: Report, family: 4 | 6): void {
  if (!examination.container.netns.run(() => hasLegacyTable(family, "filter"))) return;
  report.find(
    "legacy-rules-unread",
    `iptables-legacy has a table filter for IPv${family} inside the container, which may drop and is not read here`,
    examination.within(`${family === 4 ? "iptables" : "ip6tables"}-legacy -S`),
  );
}

/** What the container sends, and the answer; none where it takes another interface, or stays inside. */
function asking(examination: Examination, flow: Flow): Way[] {
  const { container, inside } = examination;
  const { source, target, isNamed, protocol, port } = flow;
  if (container.hasAddress(target) || container.linkTo(target) !== inside.index) return [];
  const what = `what ${source} sends to ${isNamed ? target : "what lies beyond the node"}`;
  const sent = { source, destination: target, protocol, port };
  const answer = { source: target, destination: source, protocol, port, isReply: true };
  return [out(examination, sent, what), into(examination, answer, `the answer to ${what}`)];
}

/** What comes for a published port, and the answer. */
function serving(examination: Examination, port: PublishedPort): Way[] {
  const { hostIp, protocol, containerPort } = port;
  const what = `what comes for ${portText(port)}`;
  return examination.addresses.flatMap(({ prefix: { ip, family } }) => {
    if (hostIp !== undefined && hostIp.family !== family) return [];
    const common = { protocol, port: containerPort };
    const came = { ...common, source: CALLER[family], destination: ip };
    const answer = { ...common, source: ip, destination: CALLER[family], isReply: true };
    return [into(examination, came, what), out(examination, answer, `the answer to ${what}`)];
  });
}

function out({ container, inside }: Examination, spec: PacketSpec, what: string): Way {
  const packet = packetIn(container, { ...spec, output: inside.index });
  return { packet: { ...packet, isOwn: true }, hooks: OUT, what };
}

function into({ container, inside }: Examination, spec: PacketSpec, what: string): Way {
  const packet = packetIn(container, { ...spec, input: inside.index });
  return { packet: { ...packet, isOwn: true }, hooks: IN, what };
}

/** The container's rules are for its owner to change: the commands show them. */
function judge(examination: Examination, report: Report, { packet, hooks, what }: Way): void {
  const { container } = examination;
  const walk = new Walk(container.ruleset, container);
  const list = ({ family, table, chain }: DecidingRule): string =>
    examination.within(`nft -a list chain ${family} ${shellWord(table)} ${shellWord(chain)}`);
  for (const hook of hooks) {
    const { dropped, doubts, translation } = walk.pass(hook, packet);
    if (dropped !== undefined) {
      const text = `${nameOfRule(dropped)} drops ${what}: ${whose(dropped)}`;
      report.find("container-filter-drops", text, list(dropped));
      return;
    }
    for (const place of doubts.slice(0, DOUBTS_MAX)) {
      const why = "it depends on more than is known of the packet";
      const text = `${nameOfRule(place)} may drop ${what}: ${why}; ${whose(place)}`;
      report.find("container-filter-may-drop", text, list(place));
    }
    if (translation !== undefined) return; // it goes to another place, such as a proxy in the container
  }
}

/** Where the rule stands, and which program the name of its table tells of. */
function whose({ family, table }: DecidingRule): string {
  if (isOwnTable(table)) return "it stands in the container's own namespace, in a plugin's table";
  const isIptables = (family === "ip" || family === "ip6") && IPTABLES.has(table);
  const by = isIptables ? ", made by iptables" : "";
  return `it stands in the container's own namespace${by}, and is not the host's`;
}
