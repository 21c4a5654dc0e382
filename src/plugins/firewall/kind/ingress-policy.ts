import { Ip } from "../../../addr/index.ts";
import { attributeText } from "../../../kernel/netlink/index.ts";
import { readSysctl } from "../../../kernel/sysctl/index.ts";
import { differs, made } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import {
  bySet,
  elementText,
  nftables,
  OwnedElements,
  restoreElements,
} from "../../../state/nft-sets/index.ts";
import { networkMark } from "../../../state/owner/index.ts";
import { elementsOf as attachmentElements } from "./allow.ts";
import {
  bridgeElements,
  firewallLayout,
  isolationSets,
  memberElements,
  memberSets,
} from "./layout.ts";
import type { Part } from "./part.ts";

/** Without it bridged packets pass no rule of IP. */
const BRIDGED = "net/bridge/bridge-nf-call-iptables";

/**
 * Containers behind a bridge are reached by those of no other bridge of the kind, or by no others
 * at all. It is the bridge's property: it goes with the last container that wants it.
 */
export const ingressPolicy: Part = {
  want(scene, { bridge, ingressPolicy: policy, addresses }) {
    // Begins like no attachment's: GC must not take it for one.
    const mark = `#bridge of ${networkMark(scene.owner.network)}`;
    const wanted = bridge === undefined ? [] : bridgeElements(bridge, policy);
    const isGuarded = bridge !== undefined && policy !== "open";
    const members = isGuarded ? memberElements(bridge, addresses) : [];
    return {
      name: "ingress policy",
      describe: () => `${policy}, for all behind ${bridge ?? "their bridge"}`,

      compare() {
        if (wanted.length === 0) return made();
        const elements = elementsOf(scene.namespaces);
        const isLaid = wanted.every((want) => elements.comment(want) !== undefined);
        const own = attachmentElements(scene).compare(members);
        return isLaid && own.standing === "made" ? made("the bridge has it already") : own;
      },

      apply(rollback) {
        if (policy === "isolated" && !isBridgedFiltered()) {
          const text = `neighbours on one bridge reach each other unless ${BRIDGED} is 1`;
          scene.ctx.log(`firewall: ${text}`);
        }
        const elements = elementsOf(scene.namespaces);
        // First of all, so that the DEL of another container leaves the policy.
        rollback.defer(attachmentElements(scene).add(members));
        const absent = wanted.filter((want) => elements.comment(want) === undefined);
        // An earlier ADD of this network may have wanted more.
        const names = new Set(wanted.map(({ set }) => set.name));
        const all = bridge === undefined ? [] : bridgeElements(bridge);
        const surplus = all.filter(
          (each) => !names.has(each.set.name) && elements.comment(each) === mark,
        );
        if (surplus.length > 0) {
          rollback.defer(() => void elements.add(mark, surplus));
          elements.remove(mark, surplus);
        }
        if (absent.length > 0) rollback.defer(elements.add(mark, absent));
      },

      restore() {
        if (wanted.length === 0) return;
        attachmentElements(scene).restore(members);
        const nft = nftables(scene.namespaces);
        const elements = elementsOf(scene.namespaces);
        // The bridge's own: one that is there may be of another network, and stays.
        const absent = wanted.filter((want) => elements.comment(want) === undefined);
        restoreElements({ nft, layout: firewallLayout, claims: undefined, mark }, absent);
      },

      check() {
        if (wanted.length === 0) return;
        attachmentElements(scene).check(members, {
          what: "firewall",
          element: ({ key }) => `${Ip.fromBytes(key).toString()} behind ${bridge}`,
        });
        const elements = elementsOf(scene.namespaces);
        const missing = wanted.find((want) => elements.comment(want) === undefined);
        if (missing !== undefined) {
          const { name, family, table } = missing.set;
          const place = `${name} of table ${family} ${table}`;
          throw differs(`ingress policy ${policy}: ${bridge} is missing in ${place}`);
        }
        const rule = elements.missingRule(wanted);
        if (rule !== undefined) throw differs(`ingress policy: ${rule}`);
      },
    };
  },

  remove(scene, { bridge, addresses, isGuarded }) {
    if (bridge === undefined || isGuarded === false) return;
    attachmentElements(scene).remove(memberElements(bridge, addresses));
    if (!hasMembers(scene.namespaces, bridge)) removeUnusedPolicies(scene.namespaces);
  },

  found(scene, { bridge, addresses, isGuarded }) {
    if (bridge === undefined || isGuarded === false) return [];
    return attachmentElements(scene).found(memberElements(bridge, addresses)).map(elementText);
  },
};

/** Whether a container that wants a policy is behind the bridge. */
function hasMembers(namespaces: Namespaces, bridge: string): boolean {
  const nft = nftables(namespaces);
  return memberSets(bridge).some(
    ({ family, table, name }) =>
      nft.getSet(family, table, name) !== undefined && !nft.isSetEmpty(family, table, name),
  );
}

/** Removes the ingress policies of bridges that no container wants any more, and of those that are gone. */
export function removeUnusedPolicies(namespaces: Namespaces): void {
  const names = new Set(isolationSets.map(({ name }) => name));
  const elements = elementsOf(namespaces);
  const isUnused = (bridge: string): boolean =>
    !hasMembers(namespaces, bridge) || isGone(namespaces, bridge);
  nftables(namespaces).commitPlanned((batch) => {
    const found = elements.search(
      () => true,
      (name) => names.has(name),
    );
    // A key of two names begins with the same one.
    const gone = found.filter(({ element }) => isUnused(attributeText(element.key)));
    for (const { set, all } of bySet(gone)) {
      const keys = all.map(({ element }) => element.key);
      batch.delElements(set, keys);
    }
  });
  elements.sweepAll();
}

function elementsOf(namespaces: Namespaces): OwnedElements {
  return new OwnedElements(nftables(namespaces), firewallLayout);
}

export function isGone(namespaces: Namespaces, name: string): boolean {
  return namespaces.hostLinks.get({ name }) === undefined;
}

function isBridgedFiltered(): boolean {
  try {
    return readSysctl(BRIDGED) === "1";
  } catch {
    return false; // the kernel's module is not loaded
  }
}
