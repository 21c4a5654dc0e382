/** What differs between a fleet's store and its nodes. */
import { Ip, Prefix } from "../../addr/index.ts";
import { differences } from "../agreement.ts";
import type { FleetConfig } from "../member-port.ts";
import type { Picture } from "../picture.ts";
import { common } from "../pieces.ts";
import { grouped } from "./grouped.ts";
import { openNodes } from "./make.ts";
import type { FleetFinding, FleetReport, NodeReport, PartReport } from "./report.ts";

/** Things that one finding names. */
const NAMED = 5;
/** A subnet that is so full is worth a warning, in percent. */
const FULL = 90n;

/** What is known of the node on which the operator asks. */
export interface OwnSide {
  readonly config: FleetConfig;
  /** Absent where the node has not joined. */
  readonly picture?: Picture;
  /** Addresses that the node's files reserve. */
  readonly reserved: readonly Ip[];
}

/** Compares the store with itself, with what nodes publish, and with this node's own files. */
export function judgeFleet(report: FleetReport, own: OwnSide): FleetFinding[] {
  return [
    ...halted(report),
    ...configuration(report, own),
    ...otherStore(report),
    ...session(report, own),
    ...ownSide(report, own),
    ...owners(report),
    ...published(report),
    ...names(report),
    ...strange(report),
    ...fullness(report),
  ];
}

function halted(report: FleetReport): FleetFinding[] {
  const { halt } = report;
  if (halt === undefined) return [];
  const open = openNodes(report);
  const what =
    open.length === 0
      ? "every node has asserted what it holds"
      : `not yet asserted by ${listed(open.map(({ id }) => id))}`;
  return [
    {
      name: "halted",
      severity: "error",
      message: `no block changes its owner: ${halt.reason} (seen by ${halt.by}); ${what}`,
      remedy: "hawser cluster init --resume lets the fleet go on",
    },
  ];
}

function configuration({ record }: FleetReport, { config }: OwnSide): FleetFinding[] {
  const differing = differences(config, record);
  if (differing.length === 0) return [];
  return [
    {
      name: "other-configuration",
      severity: "error",
      message: `this node's configuration is not the fleet's: ${differing.join("; ")}`,
      remedy: "one file for all nodes: this one takes no part until they agree",
    },
  ];
}

function otherStore({ cluster, record, halt, network }: FleetReport): FleetFinding[] {
  if (halt !== undefined || cluster === record.cluster) return [];
  return [
    {
      name: "other-store",
      severity: "error",
      message: `the fleet ${network} was set up on the store ${record.cluster}, and this one is ${cluster}`,
      remedy: "the first node that asks it halts the fleet; then: hawser cluster init --resume",
    },
  ];
}

/** Whether this node and the store mean the same of the node's id, and of the store. */
function session(report: FleetReport, { picture }: OwnSide): FleetFinding[] {
  if (picture === undefined) return [];
  const { node, epoch, cluster, revision } = picture;
  const record = report.nodes.find(({ id }) => id === node)?.record;
  const finding = (message: string, remedy: string): FleetFinding => {
    return { name: "other-session", severity: "error", message, remedy };
  };
  const findings: FleetFinding[] = [];
  if (record?.epoch !== epoch || record.session !== picture.session) {
    const there = record === undefined ? "does not know it" : `has epoch ${record.epoch}`;
    findings.push(
      finding(
        `${node} goes by epoch ${epoch} of its id, and the store ${there}`,
        "its daemon wins the id again; where it cannot, another machine has the id: see its log",
      ),
    );
  }
  if (cluster !== "" && cluster !== report.cluster) {
    findings.push(
      finding(
        `${node} knows the fleet on the store ${cluster}, and this one is ${report.cluster}`,
        "see whether the configuration names the fleet's store, or it was restored",
      ),
    );
  } else if (BigInt(revision) > report.revision) {
    findings.push(
      finding(
        `${node} has seen revision ${revision} of the store, which is at ${report.revision}`,
        "the store was restored from a backup: the first node that asks it halts the fleet",
      ),
    );
  }
  return findings;
}

function ownSide(report: FleetReport, { picture, reserved }: OwnSide): FleetFinding[] {
  if (picture === undefined) return [];
  const { node, epoch } = picture;
  const findings: FleetFinding[] = [];
  const holdings = picture.subnets.flatMap((subnet) => subnet.holdings);
  const isOwn = (part: PartReport): boolean => part.node === node && part.epoch === epoch;
  for (const { prefix: text, state } of holdings) {
    const prefix = Prefix.parse(text);
    const living = reserved.filter((ip) => prefix.contains(ip));
    if (state === "lost") findings.push(lost(node, text, living));
    if (state !== "held") continue;
    for (const part of over(report.parts, prefix)) {
      if (isOwn(part)) continue;
      findings.push({
        name: "not-its-own",
        severity: "error",
        message: `${node} goes by ${text} as its own, and the store gives ${part.prefix} to ${holder(part)}`,
        remedy: "its daemon asks the store every few seconds: start it where it does not run",
      });
    }
    if (over(report.parts, prefix).length === 0) {
      findings.push({
        name: "not-its-own",
        severity: "error",
        message: `${node} goes by ${text} as its own, and the store does not know it`,
        remedy: "see whether the store was restored or keys were removed by hand",
      });
    }
  }
  const known = holdings.map(({ prefix }) => Prefix.parse(prefix));
  for (const part of report.parts.filter(isOwn)) {
    if (known.some((prefix) => common(prefix, part.prefix) !== undefined)) continue;
    findings.push({
      name: "not-noted",
      severity: "warning",
      message: `the store gives ${part.prefix} to ${node}, whose picture does not have it`,
      remedy: "its daemon notes it at its next start",
    });
  }
  return findings;
}

function lost(node: string, prefix: string, living: readonly Ip[]): FleetFinding {
  const kept = living.length === 0 ? "" : `; its containers keep ${listed(living.map(String))}`;
  return {
    name: "lost",
    severity: "error",
    message: `${node} has lost ${prefix} while it was away${kept}`,
    remedy: "restart these containers: their addresses may be given to others",
  };
}

/** Parts that overlap with a prefix. */
function over(parts: readonly PartReport[], prefix: Prefix): PartReport[] {
  return parts.filter((part) => common(part.prefix, prefix) !== undefined);
}

function holder({ node, epoch }: PartReport): string {
  return node === undefined ? "no node" : `${node} in its epoch ${epoch ?? "?"}`;
}

/** Whether the owners of parts are nodes that the store knows, in epochs that it knows. */
function owners({ nodes, parts, record }: FleetReport): FleetFinding[] {
  return nodes.flatMap((node) => {
    const { id, state } = node;
    const own = parts.filter((part) => part.node === id);
    const ahead = own.filter((part) => (part.epoch ?? 0) > (node.record?.epoch ?? Infinity));
    const behind = own.filter((part) => (part.epoch ?? 0) < (node.record?.epoch ?? 0));
    return [
      ...(state === "unknown" ? [unknown(id, own)] : []),
      ...(state === "dead" || state === "given up" ? [dead(node, record.quarantineMs)] : []),
      ...(ahead.length === 0 ? [] : [future(id, ahead)]),
      ...(behind.length === 0 || state === "forgotten" ? [] : [earlier(id, behind)]),
    ];
  });
}

function unknown(id: string, parts: readonly PartReport[]): FleetFinding {
  return {
    name: "unknown-node",
    severity: "warning",
    message: `${prefixes(parts)} is held by ${id}, which the store does not know`,
    remedy: `hawser cluster forget ${id} frees it, when the node is gone for good`,
  };
}

function dead({ id, state, holds }: NodeReport, quarantineMs: number | undefined): FleetFinding {
  const holding = holds.length === 0 ? "holds nothing" : `holds ${listed(holds.map(String))}`;
  const when =
    state === "given up"
      ? "others take it when nothing else is free"
      : quarantineMs === undefined
        ? `hawser cluster forget ${id} frees it`
        : `it becomes free when the quarantine is over; hawser cluster forget ${id} frees it now`;
  return {
    name: "dead-node",
    severity: "note",
    message: `${id} is dead, and ${holding}`,
    ...(holds.length === 0 ? {} : { remedy: when }),
  };
}

function future(id: string, parts: readonly PartReport[]): FleetFinding {
  return {
    name: "future-epoch",
    severity: "error",
    message: `${prefixes(parts)} is held by an epoch of ${id} that the store does not know`,
    remedy: "see whether the store was restored, or the node's record was changed by hand",
  };
}

function earlier(id: string, parts: readonly PartReport[]): FleetFinding {
  return {
    name: "earlier-epoch",
    severity: "note",
    message: `${prefixes(parts)} is of an earlier epoch of ${id}`,
    remedy: `it becomes ${id}'s again, or free when its quarantine is over`,
  };
}

/** What nodes say of themselves. */
function published({ nodes, parts }: FleetReport): FleetFinding[] {
  const alive = nodes.filter(({ state }) => state === "alive");
  const gateways = alive.flatMap(({ id, record }) =>
    (record?.gateways ?? []).map((text) => ({ id, text, ip: Ip.parse(text) })),
  );
  const strayed = gateways.filter(({ id, ip }) => {
    return !parts.some(({ prefix, node }) => node === id && prefix.contains(ip));
  });
  return [
    ...strayed.map(
      ({ id, text }): FleetFinding => ({
        name: "gateway-elsewhere",
        severity: "warning",
        message: `the containers on ${id} have the gateway ${text}, which is of no part that it holds`,
        remedy: `when its containers have ended, ${id} takes another one`,
      }),
    ),
    ...doubled(
      gateways.map(({ id, text }) => [text, id]),
      "gateway",
    ),
    ...doubled(
      alive.flatMap(({ id, record }): [string, string][] =>
        record?.underlay === undefined ? [] : [[record.underlay, id]],
      ),
      "address between the nodes",
    ),
  ];
}

function doubled(pairs: readonly (readonly [string, string])[], what: string): FleetFinding[] {
  return [...grouped(pairs, ([text]) => text)]
    .filter(([, all]) => all.length > 1)
    .map(([text, all]) => ({
      name: "doubled",
      severity: "error",
      message: `${listed(all.map(([, id]) => id))} have the same ${what}, ${text}`,
      remedy: "give each node one of its own, and start their daemons again",
    }));
}

function names({ names: all, parts, nodes }: FleetReport): FleetFinding[] {
  const known = new Set(nodes.map(({ id }) => id));
  return all.flatMap(({ name, addresses, node }): FleetFinding[] => {
    const away = addresses.filter((ip) => {
      const part = parts.find(({ prefix }) => prefix.contains(ip));
      return part?.node !== undefined && part.node !== node;
    });
    if (known.has(node) && away.length === 0) return [];
    return [
      {
        name: "name-elsewhere",
        severity: "note",
        message: `${name} was last on ${node}, and its address ${listed(addresses.map(String))} is not there`,
        remedy: "its next ADD fetches the address",
      },
    ];
  });
}

function strange({ strange: keys }: FleetReport): FleetFinding[] {
  if (keys.length === 0) return [];
  return [
    {
      name: "foreign-key",
      severity: "warning",
      message: `${listed(keys)} hold no record of this program, which leaves them alone`,
      remedy: "keep other programs' keys away from /hawser, or upgrade this node",
    },
  ];
}

function fullness({ spaces }: FleetReport): FleetFinding[] {
  return spaces.flatMap(({ subnet, size, held, resting }): FleetFinding[] => {
    const percent = ((held + resting) * 100n) / size;
    if (percent < FULL) return [];
    return [
      {
        name: "nearly-full",
        severity: "note",
        message: `nodes hold ${percent} % of ${subnet}`,
        remedy: "when no block is free, nodes share theirs; a larger subnet is a new network",
      },
    ];
  });
}

function prefixes(parts: readonly PartReport[]): string {
  return listed(parts.map(({ prefix }) => prefix.toString()));
}

function listed(texts: readonly string[]): string {
  const more = texts.length - NAMED;
  return more > 0 ? `${texts.slice(0, NAMED).join(", ")} and ${more} more` : texts.join(", ");
}
