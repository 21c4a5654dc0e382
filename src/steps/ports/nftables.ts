import { Ip, type Prefix } from "../../addr/index.ts";
import { addressComparisons, type Nftables, type Rule } from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { runTool } from "../process.ts";
import { at, type Target } from "./mapping.ts";

type Env = Readonly<Record<string, string>>;

/** The layout that the reference plugins write for `"backend": "nftables"`. */
const TABLE = "cni_hostport";
const OWN_CHAINS = ["hostports", "hostip_hostports", "masquerading"] as const;
const FAMILIES = [4, 6] as const;
const ANYWHERE = { 4: "0.0.0.0/0", 6: "::/0" } as const;
/** NFTNL_UDATA_COMMENT_MAXLEN: nft refuses longer comments. */
const COMMENT_LENGTH_MAX = 128;

/** What the layout is made of. */
export interface NftablesPorts {
  readonly owner: Attachment;
  readonly targets: readonly Target[];
  readonly subnets: readonly Prefix[];
  readonly snat: boolean;
  readonly masqAll: boolean;
  readonly conditions: Readonly<Record<4 | 6, readonly string[]>>;
}

const nftFamily = (family: 4 | 6): "ip" | "ip6" => (family === 4 ? "ip" : "ip6");

/** Conditions are in nft's language, so nft reads them; everything in one transaction a family. */
export async function addNftables(nft: Nftables, ports: NftablesPorts, env: Env): Promise<void> {
  removeNftables(nft, ports.owner, addressesOf(ports));
  const lines = FAMILIES.flatMap((family) => {
    const targets = ports.targets.filter(({ address }) => address.family === family);
    return targets.length === 0 ? [] : [...baseLines(ports, family), ...ownLines(ports, targets)];
  });
  if (lines.length > 0) await runTool(["nft"], ["-f", "-"], `${lines.join("\n")}\n`, env);
}

/** Chains that containers share; those with fixed rules are refilled, as the reference does. */
function baseLines(ports: NftablesPorts, family: 4 | 6): string[] {
  const table = `${nftFamily(family)} ${TABLE}`;
  const conditions = ports.conditions[family].join(" ");
  const local = `${conditions === "" ? "" : `${conditions} `}fib daddr type local jump hostports_all`;
  const masquerading = `add chain ${table} masquerading { type nat hook postrouting priority 100 ; }`;
  return [
    `add table ${table} { comment "CNI portmap plugin" ; }`,
    `add chain ${table} hostports`,
    `add chain ${table} hostip_hostports`,
    `add chain ${table} hostports_all`,
    `flush chain ${table} hostports_all`,
    `add rule ${table} hostports_all jump hostip_hostports`,
    `add rule ${table} hostports_all jump hostports`,
    ...["prerouting", "output"].flatMap((hook) => [
      `add chain ${table} ${hook} { type nat hook ${hook} priority -100 ; }`,
      `flush chain ${table} ${hook}`,
      `add rule ${table} ${hook} ${local}`,
    ]),
    ...(ports.snat ? [masquerading] : []),
  ];
}

function ownLines(ports: NftablesPorts, targets: readonly Target[]): string[] {
  const comment = `comment "${commentOf(ports.owner)}"`;
  const mapped = targets.map(({ mapping, address, hostIp }) => {
    const family = nftFamily(address.family);
    const only = hostIp === undefined ? "" : `${family} daddr ${hostIp.toString()} `;
    const to = at(address, mapping.containerPort);
    const match = `${only}${mapping.protocol} dport ${mapping.hostPort}`;
    return `add rule ${family} ${TABLE} hostports ${match} dnat to ${to} ${comment}`;
  });
  if (!ports.snat) return mapped;
  const addresses = new Map(targets.map(({ address }) => [address.toString(), address]));
  const masquerading = [...addresses.values()].flatMap((address) => {
    const family = nftFamily(address.family);
    const subnet = ports.subnets.find(({ ip }) => ip.equals(address));
    const source = subnet === undefined ? address.toString() : subnet.ip.toString();
    const sources = ports.masqAll ? [ANYWHERE[address.family]] : [source];
    if (address.family === 4 && !ports.masqAll) sources.push("127.0.0.1");
    return sources.map(
      (from) =>
        `add rule ${family} ${TABLE} masquerading ${family} saddr ${from} ` +
        `${family} daddr ${address.toString()} masquerade ${comment}`,
    );
  });
  return [...mapped, ...masquerading];
}

/**
 * Removes the container's rules; one question a family where the table is absent. The layout marks
 * them with the container alone: where its addresses are known, rules for others of its networks
 * stay.
 */
export function removeNftables(nft: Nftables, owner: Attachment, known: ReadonlySet<string>): void {
  for (const family of FAMILIES) {
    const id = nftFamily(family);
    if (nft.getTable(id, TABLE) === undefined) continue;
    nft.commitPlanned((batch) => {
      for (const rule of ownRules(nft, id, owner, known)) batch.delRule(rule);
    });
  }
}

/** Compares the number of the container's rules with the promised one. */
export function checkNftables(nft: Nftables, ports: NftablesPorts): void {
  for (const family of FAMILIES) {
    const targets = ports.targets.filter(({ address }) => address.family === family);
    if (targets.length === 0) continue;
    const id = nftFamily(family);
    const mapped = nft
      .listRules(id, TABLE, "hostports")
      .filter(({ comment }) => comment === commentOf(ports.owner));
    if (mapped.length >= targets.length) continue;
    throw differs(
      `nftables: ${TABLE} of ${id} has ${mapped.length} mappings of this container, not ${targets.length}`,
    );
  }
}

function ownRules(
  nft: Nftables,
  family: "ip" | "ip6",
  owner: Attachment,
  known: ReadonlySet<string>,
): Rule[] {
  return OWN_CHAINS.flatMap((chain) => nft.listRules(family, TABLE, chain)).filter((rule) => {
    if (rule.comment !== commentOf(owner)) return false;
    const target = containerOf(rule);
    return known.size === 0 || target === undefined || known.has(target);
  });
}

/** The container's address in a rule: what it translates to, or the destination it looks for. */
function containerOf({ expressions }: Rule): string | undefined {
  const nat = expressions.find((each) => each.kind === "nat");
  if (nat?.kind === "nat") {
    const load = expressions.find(
      (each) => each.kind === "immediate" && each.dreg === nat.addressMin,
    );
    if (load?.kind !== "immediate" || !(load.data instanceof Uint8Array)) return undefined;
    return Ip.fromBytes(load.data).toString();
  }
  const destination = addressComparisons({ expressions }).find(({ side }) => side === "daddr");
  return destination?.prefix.ip.toString();
}

function addressesOf(ports: NftablesPorts): ReadonlySet<string> {
  return new Set(ports.targets.map(({ address }) => address.toString()));
}

function commentOf({ containerId }: Attachment): string {
  return containerId.slice(0, COMMENT_LENGTH_MAX);
}
