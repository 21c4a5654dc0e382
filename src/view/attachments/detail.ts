/** All that is known of one attachment: what was promised against what stands. */
import { Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { Journal, type Period, readPeriods } from "../../journal/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { attachmentKey, parseResult, type Result } from "../../spec/index.ts";
import { readBootId } from "../../state/owner/index.ts";
import {
  journalFiles,
  NetnsLooks,
  type OnProblem,
  orProblem,
  type Problem,
} from "../sources/index.ts";
import type { Finding, NodeAttachment } from "./attachment.ts";
import { delCommand, driftOf, stateOf } from "./findings.ts";
import { type Inside, insideOf } from "./inside.ts";
import { rulesFor, type SeenRule } from "./rules.ts";

export interface Detail {
  /** With what a look into the namespace has found beside. */
  readonly attachment: NodeAttachment;
  /** What its ADD has answered; absent where no runtime remembers it. */
  readonly promised?: Result;
  /** Absent when its namespace is gone, or cannot be entered. */
  readonly inside?: Inside;
  /** Rules and elements of the packet filter. */
  readonly rules: readonly SeenRule[];
  /** When it had which addresses, the oldest first. */
  readonly history: readonly Period[];
  readonly problems: readonly Problem[];
}

/** Rules of one attachment, and what was in the way of reading them. */
export interface KnownRules {
  readonly rules: readonly SeenRule[];
  readonly problems: readonly Problem[];
}

/**
 * Looks closely at one attachment; its namespace is entered where it is proved to be the one of the ADD.
 * @param known its rules where they are known already, as to a caller that looks at all attachments
 */
export function detailOf(one: NodeAttachment, stateDir: string, known?: KnownRules): Detail {
  const problems: Problem[] = [];
  const onProblem: OnProblem = (problem) => problems.push(problem);
  const rules = known?.rules ?? rulesFor([one], onProblem);
  problems.push(...(known?.problems ?? []));
  const proved = provedState(one, stateDir, onProblem);
  const inside = insideOf(proved, onProblem);
  const promised = promisedOf(one, onProblem);
  const hostLink = inside?.peer ?? one.hostLink;
  // What the list has concluded of the interface is seen now.
  const standing = one.findings.filter(({ name }) => {
    if (name === "interface-down") return inside === undefined;
    return inside?.peer === undefined || name !== "link-missing";
  });
  const findings = [
    ...(proved.netnsState === "replaced" && one.netnsState === "alive"
      ? [replaced(one)]
      : standing),
    ...(inside === undefined ? [] : insideFindings(one, promised, inside)),
  ];
  const key = attachmentKey(one);
  const history = orProblem(`${stateDir}/history.jsonl`, onProblem, () =>
    readPeriods(new Journal(stateDir, readBootId()), {}).filter(
      (each) => attachmentKey(each) === key,
    ),
  );
  return {
    attachment: { ...proved, ...defined({ hostLink }), findings, state: stateOf(findings) },
    ...defined({ promised, inside }),
    rules: rules.map(({ place, text }) => ({ place, text })),
    history: history ?? [],
    problems,
  };
}

/** By the cookie, where a list of all has compared numbers, which the kernel gives again. */
function provedState(one: NodeAttachment, stateDir: string, onProblem: OnProblem): NodeAttachment {
  if (one.netnsState !== "alive") return one;
  const [journalled] = journalFiles(stateDir, onProblem).read(Journal.nameOf(one)) ?? [];
  const identity = one.identity ?? journalled?.netns;
  if (identity === undefined) return one;
  const state = new NetnsLooks("cookies").stateOf(one.netns, undefined, () => identity);
  // What this caller may not enter is not proved, and not disproved.
  if (state !== "alive" && isRefused(one.netns, onProblem)) return one;
  return { ...one, identity, netnsState: state === "gone" ? "replaced" : state };
}

/** Whether the system refuses to let this caller enter a namespace. */
function isRefused(path: string, onProblem: OnProblem): boolean {
  let refused = false;
  const noted: OnProblem = (problem) => {
    refused = problem.refused;
    if (refused) onProblem(problem);
  };
  orProblem(`namespace ${path}`, noted, () => {
    using netns = Netns.open(path);
    return netns.cookie;
  });
  return refused;
}

function replaced(one: NodeAttachment): Finding {
  return {
    name: "netns-replaced",
    state: "orphan",
    text: `its namespace is gone: ${one.netns} leads to another one now`,
    remedy: delCommand(one),
  };
}

function promisedOf({ cached }: NodeAttachment, onProblem: OnProblem): Result | undefined {
  const { result } = cached ?? {};
  if (result === undefined) return undefined;
  return orProblem("its result in the cache", onProblem, () => parseResult(result, ""));
}

function insideFindings(
  one: NodeAttachment,
  promised: Result | undefined,
  inside: Inside,
): Finding[] {
  if (!one.finished) return [];
  const drift = driftOf(one);
  const { link, addresses, routes } = inside;
  const { ifName, mac } = one;
  if (link === undefined) {
    return [drift("interface-missing", `there is no interface ${ifName} in its namespace`)];
  }
  const have = new Set(addresses.map(addressOf));
  const missing = one.addresses.filter((text) => !have.has(addressOf(text)));
  const gone = (promised?.routes ?? []).filter(({ dst, gw }) => {
    return !routes.some(
      (each) => sameNetwork(each.dst, dst) && (gw === undefined || sameIp(each.gw, gw)),
    );
  });
  return [
    ...(link.up ? [] : [drift("interface-down", `${ifName} is down in its namespace`)]),
    ...missing.map((text) => drift("address-missing", `${ifName} does not have ${text}`)),
    ...(mac === undefined || link.mac === undefined || sameText(mac, link.mac)
      ? []
      : [drift("mac-differs", `${ifName} has the MAC ${link.mac}, not ${mac}`)]),
    ...gone.map(({ dst, gw }) => {
      const via = gw === undefined ? "" : ` via ${gw}`;
      return drift("route-missing", `its namespace has no route to ${dst}${via} on ${ifName}`);
    }),
  ];
}

function addressOf(text: string): string {
  return Prefix.tryParse(text)?.ip.toString() ?? Ip.tryParse(text)?.toString() ?? text;
}

function sameNetwork(one: string, other: string): boolean {
  const [first, second] = [Prefix.tryParse(one), Prefix.tryParse(other)];
  if (first === undefined || second === undefined) return one === other;
  return first.length === second.length && first.contains(second.ip);
}

function sameIp(one: string | undefined, other: string): boolean {
  return one !== undefined && Ip.tryParse(one)?.toString() === Ip.tryParse(other)?.toString();
}

function sameText(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
