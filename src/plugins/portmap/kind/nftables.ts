import { Ip, type Prefix } from "../../../addr/index.ts";
import {
  addressComparisons,
  type Expression,
  type Nftables,
  type Rule,
} from "../../../kernel/nftables/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import {
  type HasTable,
  nftFamily,
  portComment,
  presentTables,
} from "../../../state/iptables/index.ts";
import { runTool } from "../../../state/tool/index.ts";
import { at, type Target } from "./mapping.ts";

type Env = Readonly<Record<string, string>>;

/** The layout that the reference plugins write for `"backend": "nftables"`. */
export const TABLE = "cni_hostport";
const OWN_CHAINS = ["hostports", "hostip_hostports", "masquerading"] as const;
const FAMILIES = [4, 6] as const;
export const ANYWHERE = { 4: "0.0.0.0/0", 6: "::/0" } as const;
export const ALL = "hostports_all";

/** What the layout is made of. */
export interface NftablesPorts {
  readonly owner: Attachment;
  readonly targets: readonly Target[];
  /** The container's address of each family, with the length of its subnet. */
  readonly containers: readonly Prefix[];
  readonly snat: boolean;
  readonly masqAll: boolean;
  readonly conditions: Readonly<Record<4 | 6, readonly string[]>>;
}

/** Conditions are in nft's language, so nft reads them; everything is one transaction. */
export async function addNftables(nft: Nftables, ports: NftablesPorts, env: Env): Promise<void> {
  removeNftables(nft, ports.owner, addressesOf(ports));
  const lines = ports.containers.flatMap((container) => [
    ...baseLines(ports, container.ip.family),
    ...ownLines(ports, container),
  ]);
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

function ownLines(ports: NftablesPorts, { ip }: Prefix): string[] {
  const family = nftFamily(ip.family);
  const comment = `comment "${portComment(ports.owner.containerId)}"`;
  const mapped = targetsIn(ports, ip.family).map(({ mapping, address, hostIp }) => {
    const only = hostIp === undefined ? "" : `${family} daddr ${hostIp.toString()} `;
    const to = at(address, mapping.containerPort);
    const match = `${only}${mapping.protocol} dport ${mapping.hostPort}`;
    return `add rule ${family} ${TABLE} hostports ${match} dnat to ${to} ${comment}`;
  });
  const masquerading = masqueradedSources(ports, ip).map(
    (from) =>
      `add rule ${family} ${TABLE} masquerading ${family} saddr ${from} ` +
      `${family} daddr ${ip.toString()} masquerade ${comment}`,
  );
  return [...mapped, ...masquerading];
}

export function masqueradedSources({ snat, masqAll }: NftablesPorts, ip: Ip): string[] {
  if (!snat) return [];
  if (masqAll) return [ANYWHERE[ip.family]];
  return ip.family === 4 ? [ip.toString(), "127.0.0.1"] : [ip.toString()];
}

export function targetsIn(ports: NftablesPorts, family: 4 | 6): Target[] {
  return ports.targets.filter(({ address }) => address.family === family);
}

/**
 * Removes the container's rules. The layout marks them with the container alone: where its
 * addresses are known, rules for others of its networks stay.
 */
export function removeNftables(
  nft: Nftables,
  owner: Attachment,
  known: ReadonlySet<string>,
  hasTable: HasTable = presentTables(nft),
): void {
  for (const family of FAMILIES) {
    const id = nftFamily(family);
    if (!hasTable(id, TABLE)) continue;
    nft.commitPlanned((batch) => {
      for (const rule of ownRules(nft, id, owner, known)) batch.delRule(rule);
    });
  }
}

/** What `removeNftables` would remove, for people. */
export function foundNftables(
  nft: Nftables,
  owner: Attachment,
  known: ReadonlySet<string>,
): string[] {
  const hasTable = presentTables(nft);
  return FAMILIES.map(nftFamily)
    .filter((family) => hasTable(family, TABLE))
    .flatMap((family) =>
      ownRules(nft, family, owner, known).map(
        ({ handle, chain }) => `rule ${handle} of chain ${chain}, table ${family} ${TABLE}`,
      ),
    );
}

function ownRules(
  nft: Nftables,
  family: "ip" | "ip6",
  owner: Attachment,
  known: ReadonlySet<string>,
): Rule[] {
  return OWN_CHAINS.flatMap((chain) => nft.listRules(family, TABLE, chain)).filter((rule) => {
    if (rule.comment !== portComment(owner.containerId)) return false;
    const target = containerOf(rule);
    return known.size === 0 || target === undefined || known.has(target);
  });
}

/** The container's address in a rule: what it translates to, or the destination it looks for. */
export function containerOf(rule: Rule): string | undefined {
  const nat = rule.expressions.find((each) => each.kind === "nat");
  if (nat?.kind === "nat") {
    const address = loaded(rule.expressions, nat.addressMin);
    return address === undefined ? undefined : Ip.fromBytes(address).toString();
  }
  const destination = addressComparisons(rule).find(({ side }) => side === "daddr");
  return destination?.prefix.ip.toString();
}

function addressesOf({ containers }: NftablesPorts): ReadonlySet<string> {
  return new Set(containers.map(({ ip }) => ip.toString()));
}

/** The constant that a rule puts into a register. */
export function loaded(
  expressions: readonly Expression[],
  register: number | undefined,
): Uint8Array | undefined {
  const load = expressions.find((each) => each.kind === "immediate" && each.dreg === register);
  return load?.kind === "immediate" && load.data instanceof Uint8Array ? load.data : undefined;
}
