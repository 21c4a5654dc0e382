import type { Ip } from "../../../addr/index.ts";
import { addressComparisons, type Nftables, ruleVerdict } from "../../../kernel/nftables/index.ts";
import { differs, orRevert, type Revert, type Step } from "../../../state/index.ts";
import {
  hasLegacyTable,
  hasTools,
  nftFamily,
  restore,
  save,
} from "../../../state/iptables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { type Firewall, familiesOf } from "./firewall.ts";
import { addIptables, FORWARD, missingLine, partOf, ruleLines, sharedLines } from "./iptables.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import { isGone } from "./isolation.ts";
import { claimRecords } from "./records.ts";

/** The reference plugin's iptables layout: two rules for each address. */
export class IptablesStep implements Step {
  readonly name = "iptables rules";
  readonly #firewall: Firewall;

  constructor(firewall: Firewall) {
    this.#firewall = firewall;
  }

  describe(): string {
    const { addresses, settings } = this.#firewall;
    return `${addresses.map(String).join(", ")} in ${FORWARD}, behind ${settings.adminChain}`;
  }

  async apply(): Promise<Revert> {
    const { addresses, env, owner } = this.#firewall;
    const claims = claimRecords(env);
    for (const ip of addresses) claims.write(claimOf(ip), ownerComment(owner));
    const revert = async (): Promise<void> => await this.undo();
    return await orRevert(revert, async () => await addIptables(this.#firewall));
  }

  async check(): Promise<void> {
    const { addresses, env } = this.#firewall;
    for (const family of familiesOf(addresses)) {
      const part = partOf(this.#firewall, family);
      const present = (await save(family, "filter", { env })).split("\n");
      const [shared] = sharedLines(part, present);
      const missing = shared === undefined ? missingLine(part, present) : shared;
      if (missing !== undefined) {
        throw differs(
          `iptables: table filter of IPv${family} is not as ADD left it`,
          `missing: ${missing}`,
        );
      }
      checkWay(family, present);
    }
  }

  /** The rules name addresses and no container: what another has claimed since stays. */
  async undo(): Promise<void> {
    const { namespaces, env, owner, addresses, bridge } = this.#firewall;
    const claims = claimRecords(env);
    const own = addresses.filter((ip) => {
      const claim = claims.read(claimOf(ip));
      return claim === undefined || claim.data === ownerComment(owner);
    });
    for (const family of familiesOf(own)) {
      const list = own.filter((ip) => ip.family === family);
      removeFromNftables(nftables(namespaces), family, list);
      await removeFromLegacy(family, list, env);
    }
    for (const ip of own) claims.remove(claimOf(ip));
    if (bridge !== undefined && isGone(namespaces, bridge))
      await removeGoneIsolation(namespaces, env);
  }
}

function claimOf(ip: Ip): { network: string; containerId: string; ifName: string } {
  return { network: "", containerId: ip.toString(), ifName: "" };
}

/** Rules before the way to the container's that let nothing through to it. */
function checkWay(family: 4 | 6, present: readonly string[]): void {
  const rules = present.filter((line) => line.startsWith("-A FORWARD "));
  const way = rules.findIndex((line) => line.endsWith(`-j ${FORWARD}`));
  if (!rules.slice(0, way).some((line) => /^-A FORWARD -j (?:DROP|REJECT)\b/u.test(line))) return;
  throw differs(`iptables: FORWARD of IPv${family} drops everything before it leads to ${FORWARD}`);
}

function removeFromNftables(nft: Nftables, family: 4 | 6, addresses: readonly Ip[]): void {
  const id = nftFamily(family);
  if (nft.getChain(id, "filter", FORWARD) === undefined) return;
  nft.commitPlanned((batch) => {
    for (const rule of nft.listRules(id, "filter", FORWARD)) {
      if (ruleVerdict(rule)?.verdict !== "accept") continue;
      const [only, ...others] = addressComparisons(rule);
      if (only === undefined || others.length > 0 || only.negated) continue;
      const { ip, length } = only.prefix;
      const isHost = length === (family === 4 ? 32 : 128);
      if (isHost && addresses.some((each) => each.equals(ip))) batch.delRule(rule);
    }
  });
}

async function removeFromLegacy(
  family: 4 | 6,
  addresses: readonly Ip[],
  env: Firewall["env"],
): Promise<void> {
  const tools = { env, legacy: true };
  if (!hasLegacyTable(family, "filter") || !hasTools(family, tools)) return;
  const wanted = new Set(addresses.flatMap(ruleLines));
  const lines = (await save(family, "filter", tools)).split("\n");
  const found = lines.filter((line) => wanted.has(line));
  if (found.length === 0) return;
  const deletions = found.map((line) => line.replace(/^-A/u, "-D"));
  await restore(family, ["*filter", ...deletions, "COMMIT", ""].join("\n"), tools);
}
