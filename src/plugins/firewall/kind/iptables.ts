import type { Ip } from "../../../addr/index.ts";
import { addressComparisons, type Rule, ruleVerdict } from "../../../kernel/nftables/index.ts";
import { differs, type Piece, type Rollback, type Scene } from "../../../state/index.ts";
import { requireTools } from "../../../state/iptables/index.ts";
import { nftables, requireNftables } from "../../../state/nft-sets/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { AddressClaims } from "./claims.ts";
import { deleteRules, filterLines } from "./filter-table.ts";
import { isGone } from "./ingress-policy.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import {
  FORWARD,
  makeIptablesRules,
  missingLine,
  partOf,
  ruleLines,
  sharedLines,
} from "./iptables-rules.ts";
import { type Attached, familiesOf, hostPrefix, type Part } from "./part.ts";

/** The reference plugin's iptables layout: two rules for each address. */
export const iptablesRules: Part = {
  want: (scene, attached) => new IptablesRules(scene, attached),

  /** The rules name addresses and no container: what another has claimed, too, stays. */
  async remove(scene, { addresses, bridge }) {
    const claims = new AddressClaims(scene);
    const mark = ownerComment(scene.owner);
    const own = addresses.filter((ip) => !claims.isOfOther(ip, mark));
    for (const family of familiesOf(own)) {
      const list = own.filter((ip) => ip.family === family);
      const lines = new Set(list.flatMap(ruleLines));
      await deleteRules(scene, family, {
        chains: [FORWARD],
        isMeant: (rule) => acceptsOneOf(rule, list),
        isMeantLine: (line) => lines.has(line),
      });
    }
    for (const ip of addresses) claims.remove(ip, mark);
    if (bridge !== undefined && isGone(scene.namespaces, bridge)) await removeGoneIsolation(scene);
  },
};

class IptablesRules implements Piece {
  readonly name = "iptables rules";
  readonly #scene: Scene;
  readonly #attached: Attached;

  constructor(scene: Scene, attached: Attached) {
    this.#scene = scene;
    this.#attached = attached;
  }

  describe(): string {
    const { addresses, adminChain } = this.#attached;
    return `${addresses.map(String).join(", ")} in ${FORWARD}, behind ${adminChain}`;
  }

  async apply(rollback: Rollback): Promise<void> {
    const claims = new AddressClaims(this.#scene);
    rollback.defer(async () => await iptablesRules.remove(this.#scene, this.#attached));
    for (const ip of this.#attached.addresses) claims.add(ip, ownerComment(this.#scene.owner));
    await makeIptablesRules(this.#scene, this.#attached);
  }

  async check(): Promise<void> {
    const { env } = this.#scene.ctx;
    for (const family of familiesOf(this.#attached.addresses)) {
      const part = partOf(this.#attached, family);
      const present = await filterLines(family, { env });
      const missing = sharedLines(part, present)[0] ?? missingLine(part, present);
      if (missing !== undefined) {
        throw differs(
          `iptables: table filter of IPv${family} is not as ADD left it`,
          `missing: ${missing}`,
        );
      }
      checkWay(family, present);
    }
  }

  ready(): void {
    requireTools(4, { env: this.#scene.ctx.env });
    requireNftables(nftables(this.#scene.namespaces));
  }
}

/** Rules before the way to the containers' own that let nothing through to them. */
function checkWay(family: 4 | 6, present: readonly string[]): void {
  const rules = present.filter((line) => line.startsWith("-A FORWARD "));
  const way = rules.findIndex((line) => line.endsWith(`-j ${FORWARD}`));
  if (!rules.slice(0, way).some((line) => /^-A FORWARD -j (?:DROP|REJECT)\b/u.test(line))) return;
  throw differs(`iptables: FORWARD of IPv${family} drops everything before it leads to ${FORWARD}`);
}

/** Whether a rule accepts packets by one address alone, and that is among these. */
function acceptsOneOf(rule: Rule, addresses: readonly Ip[]): boolean {
  if (ruleVerdict(rule)?.verdict !== "accept") return false;
  const [only, ...others] = addressComparisons(rule);
  if (only === undefined || others.length > 0 || only.negated) return false;
  return addresses.some((ip) => hostPrefix(ip) === only.prefix.toString());
}
