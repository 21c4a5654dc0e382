import { type Ip, Prefix } from "../../../addr/index.ts";
import { addressComparisons, type Rule, ruleVerdict } from "../../../kernel/nftables/index.ts";
import { differs } from "../../../state/index.ts";
import { requireTools } from "../../../state/iptables/index.ts";
import { nftables, requireNftables } from "../../../state/nft-sets/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";
import { AddressClaims } from "./claims.ts";
import { type DeletedRules, deleteRules, filterLines, foundRules } from "./filter-table.ts";
import { isGone } from "./ingress-policy.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import { addressLines, FORWARD, makeIptablesRules, missingLines } from "./iptables-rules.ts";
import { familiesOf, type Part } from "./part.ts";

/** The reference plugin's iptables layout: two rules for each address. */
export const iptablesRules: Part = {
  want: (scene, attached) => ({
    name: "iptables rules",
    describe: () =>
      `${attached.addresses.map(String).join(", ")} in ${FORWARD}, behind ${attached.adminChain}`,

    async apply(rollback) {
      const claims = new AddressClaims(scene);
      rollback.defer(async () => await iptablesRules.remove(scene, attached));
      for (const ip of attached.addresses) claims.add(ip, ownerComment(scene.owner));
      await makeIptablesRules(scene, attached);
    },

    async check() {
      for (const family of familiesOf(attached.addresses)) {
        const present = await filterLines(family, { env: scene.ctx.env });
        const [missing] = missingLines(attached, family, present);
        if (missing !== undefined) {
          const text = `iptables: table filter of IPv${family} is not as ADD left it`;
          throw differs(text, `missing: ${missing}`);
        }
        checkWay(family, present);
      }
    },

    async restore() {
      const claims = new AddressClaims(scene);
      for (const ip of attached.addresses) claims.add(ip, ownerComment(scene.owner));
      await makeIptablesRules(scene, attached);
    },

    ready() {
      requireTools(4, { env: scene.ctx.env });
      requireNftables(nftables(scene.namespaces));
    },
  }),

  /** The rules name addresses and no container: what another has claimed, too, stays. */
  async remove(scene, { addresses, bridge }) {
    const claims = new AddressClaims(scene);
    const mark = ownerComment(scene.owner);
    const own = addresses.filter((ip) => !claims.isOfOther(ip, mark));
    for (const family of familiesOf(own)) await deleteRules(scene, family, rulesOf(own));
    for (const ip of addresses) claims.remove(ip, mark);
    if (bridge !== undefined && isGone(scene.namespaces, bridge)) await removeGoneIsolation(scene);
  },

  async found(scene, { addresses }) {
    const claims = new AddressClaims(scene);
    const own = addresses.filter((ip) => !claims.isOfOther(ip, ownerComment(scene.owner)));
    const texts: string[] = [];
    for (const family of familiesOf(own)) {
      texts.push(...(await foundRules(scene, family, rulesOf(own))));
    }
    return texts;
  },
};

/** The rules of these addresses. */
function rulesOf(own: readonly Ip[]): DeletedRules {
  const lines = new Set(own.flatMap(addressLines));
  return {
    chains: [FORWARD],
    isMeant: (rule) => acceptsOneOf(rule, own),
    isMeantLine: (line) => lines.has(line),
  };
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
  return addresses.some((ip) => Prefix.ofHost(ip).toString() === only.prefix.toString());
}
