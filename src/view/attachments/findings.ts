import { Ip } from "../../addr/index.ts";
import { bareAddress, shellWord } from "../../base/index.ts";
import { DEFAULT_CACHE_DIR } from "../../runtime/index.ts";
import { reservedAt } from "../../state/reservations/index.ts";
import type { AttachmentState, Finding, FindingName, NodeAttachment } from "./attachment.ts";
import type { Draft } from "./draft.ts";
import type { Gathered } from "./gather.ts";

/** An attachment without what is concluded of it. */
export type Plain = Omit<NodeAttachment, "findings" | "state">;

/** What all attachments are judged by. */
export interface Judged {
  readonly gathered: Gathered;
  /** Attachments that live, by `addressKeys`. */
  readonly byAddress: ReadonlyMap<string, readonly Plain[]>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** An ADD may take that long; what has no result for longer was cut short. */
const ADD_MS = 120_000;

/** How the sources disagree about an attachment. The namespace is not entered. */
export function findingsOf(plain: Plain, draft: Draft, judged: Judged): Finding[] {
  const remains = goneOf(plain) ?? aloneOf(plain, judged);
  if (remains !== undefined) return [remains];
  if (!plain.finished) return [unfinished(plain, judged.now)];
  const differ = reservationFindings(plain, draft, judged);
  differ.push(...linkFindings(plain, draft, judged), ...twice(plain, judged));
  return differ;
}

/** The gravest of what was found. */
export function stateOf(findings: readonly Finding[]): AttachmentState {
  if (findings.length === 0) return "ok";
  const order = ["orphan", "leak", "unclear", "unfinished", "drift"] as const;
  return order.find((state) => findings.some((finding) => finding.state === state)) ?? "ok";
}

/** Whether the container is gone for certain. */
function goneOf(plain: Plain): Finding | undefined {
  const { earlierBoot, netns, netnsState } = plain;
  const orphan = (name: FindingName, text: string): Finding => {
    return { name, state: "orphan", text, remedy: delCommand(plain) };
  };
  if (earlierBoot) return orphan("earlier-boot", "the machine has booted since it was attached");
  if (netnsState === "gone") {
    return orphan("netns-gone", `its namespace${netns === "" ? "" : ` ${netns}`} is gone`);
  }
  if (netnsState !== "replaced") return undefined;
  return orphan("netns-replaced", `its namespace is gone: ${netns} leads to another one now`);
}

/** What `hawser sync` puts back in place. */
const RESTORED: readonly FindingName[] = [
  "no-reservation",
  "interface-down",
  "address-missing",
  "route-missing",
];

/** What differs from what the ADD made, with what mends it: in place where that can be. */
export function driftOf(plain: Plain): (name: FindingName, text: string) => Finding {
  return (name, text) => {
    const remedy = RESTORED.includes(name)
      ? commandFor(plain, "sync")
      : `${delCommand(plain)}, then attach it again`;
    return { name, state: "drift", text, remedy };
  };
}

/** What only a reservation or the mark on a link knows. */
function aloneOf(plain: Plain, { gathered, now }: Judged): Finding | undefined {
  const { sources, reservations, hostLink, networkFile } = plain;
  if (!sources.every((source) => source === "reservation" || source === "link")) return undefined;
  const [first] = reservations;
  if (first !== undefined && now - (reservedAt(first) ?? now) < ADD_MS) {
    return unfinished(plain, now);
  }
  const held = [
    ...reservations.map(({ address }) => address),
    ...(first === undefined && hostLink !== undefined ? [`link ${hostLink.name}`] : []),
  ].join(", ");
  if (gathered.mayBeUnread(plain)) {
    return {
      name: "unclear",
      state: "unclear",
      text: `${held} is held for it, and what else may know of it could not be read`,
      remedy: "mend what the warnings name, or run it as root",
    };
  }
  const files = reservations.map(({ path }) => shellWord(path)).join(" ");
  const isNamed = networkFile !== undefined && plain.ifName !== "";
  return {
    name: "no-attachment",
    state: "leak",
    text: `${held} is held for it, and nothing else knows of such an attachment`,
    remedy: isNamed || files === "" ? delCommand(plain) : `rm ${files}`,
  };
}

function unfinished(plain: Plain, now: number): Finding {
  const { since = now } = plain;
  const isYoung = now - since < ADD_MS;
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  return {
    name: "unfinished",
    state: "unfinished",
    text: isYoung
      ? `its ADD has begun ${seconds} s ago and is not finished`
      : "its ADD was cut short",
    remedy: isYoung ? "wait for its ADD to end" : delCommand(plain),
  };
}

function reservationFindings(plain: Plain, { facts }: Draft, { gathered }: Judged): Finding[] {
  const { network, containerId, ifName, addresses, reservations } = plain;
  const findings: Finding[] = [];
  for (const text of addresses) {
    const address = bareAddress(text);
    if (reservations.some((own) => own.address === address)) continue;
    const subnets = facts?.hostLocal?.subnets ?? [];
    const ip = Ip.tryParse(address);
    if (ip === undefined || !subnets.some((subnet) => subnet.contains(ip))) continue;
    const other = gathered.reservationAt(network, ip.toString());
    if (other?.path !== undefined && other.holder.kind === "unknown") continue;
    const drift = driftOf(plain);
    if (other === undefined) {
      const said = `${address} is not reserved for it: another container may be given it`;
      findings.push(drift("no-reservation", said));
      continue;
    }
    const { holder } = other;
    const name = "containerId" in holder ? holder.containerId : "nothing";
    if (name === containerId && ifName !== "") continue;
    const said = `${address} is reserved for ${name} (${other.path})`;
    findings.push(drift("reservation-of-another", said));
  }
  return findings;
}

function linkFindings(plain: Plain, { facts }: Draft, { gathered }: Judged): Finding[] {
  const { hostLink, ifName } = plain;
  if (hostLink === undefined || gathered.links === undefined) return [];
  const { name, index, up, carrier, kind, master } = hostLink;
  if (index === undefined) {
    return [driftOf(plain)("link-missing", `its link ${name} is not on the host`)];
  }
  const findings: Finding[] = [];
  if (kind === "veth" && up === false) {
    const remedy = `ip link set dev ${shellWord(name)} up`;
    const text = `its link ${name} is down`;
    findings.push({ name: "link-down", state: "drift", text, remedy });
  }
  // The host's end tells of the one in the container, into which a list does not look.
  if (kind === "veth" && up === true && carrier === false) {
    const text = `${ifName} is down in its namespace: its link ${name} has no carrier`;
    findings.push(driftOf(plain)("interface-down", text));
  }
  const bridge = facts?.bridge;
  if (kind === "veth" && bridge !== undefined && master !== bridge) {
    const words = ["ip link set dev", shellWord(name), "master", shellWord(bridge)];
    const text =
      master === undefined
        ? `its link ${name} is no port of ${bridge} any more`
        : `its link ${name} is a port of ${master}, not of ${bridge}`;
    findings.push({ name: "link-off-bridge", state: "drift", text, remedy: words.join(" ") });
  }
  return findings;
}

function twice(plain: Plain, { byAddress }: Judged): Finding[] {
  const findings: Finding[] = [];
  for (const text of plain.addresses) {
    const address = bareAddress(text);
    const others = new Set(keysOf(plain, address).flatMap((key) => byAddress.get(key) ?? []));
    others.delete(plain);
    if (others.size === 0) continue;
    const names = [...others].slice(0, 3).map(({ network, containerId, ifName }) => {
      return `${containerId}:${ifName}${network === plain.network ? "" : ` of network ${network}`}`;
    });
    const said = `${address} is also the address of ${names.join(", ")}`;
    findings.push(driftOf(plain)("address-twice", said));
  }
  return findings;
}

/** An address is one container's within a network, and within a bridge that networks share. */
export function addressKeys(plain: Plain): string[] {
  return plain.addresses.flatMap((text) => keysOf(plain, bareAddress(text)));
}

function keysOf({ network, hostLink }: Plain, address: string): string[] {
  const bridge = hostLink?.master;
  const own = `${network}\0${address}`;
  return bridge === undefined ? [own] : [own, `\0${bridge}\0${address}`];
}

/** The command that takes an attachment away. */
export function delCommand(plain: Plain): string {
  return commandFor(plain, "del", plain.network);
}

function commandFor(plain: Plain, ...command: readonly string[]): string {
  const { containerId, ifName, cacheDir } = plain;
  const elsewhere =
    cacheDir === undefined || cacheDir === DEFAULT_CACHE_DIR ? [] : ["--cache-dir", cacheDir];
  const named = ifName === "" || ifName === "eth0" ? [] : ["--ifname", ifName];
  return ["hawser", ...command, "--id", containerId, ...named, ...elsewhere]
    .map(shellWord)
    .join(" ");
}
