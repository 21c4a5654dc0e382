import { Prefix } from "../../addr/index.ts";
import { isObject, type JsonValue, type Result } from "../../spec/index.ts";
import { HostNat } from "../host-nat/index.ts";
import { requireTools, staleContainers } from "../iptables/index.ts";
import { type Garbage, type Kind, kindOf } from "../kind.ts";
import {
  AttachmentElements,
  Claims,
  collectElements,
  foundElements,
  nftables,
  requireNftables,
  staleElements,
  type WantedElement,
} from "../nft-sets/index.ts";
import { ownerRecords } from "../owner/index.ts";
import { unproved } from "../repair.ts";
import type { Scene } from "../scene.ts";
import { changed, type Finding, made, removed, type Standing } from "../standing.ts";
import type { MasqueradeBackend } from "./config.ts";
import {
  addIptables,
  checkIptables,
  foundIptables,
  hasIptables,
  removeIptables,
  restoreIptables,
} from "./iptables.ts";
import {
  addNftables,
  checkNftables,
  collectNftables,
  foundNftables,
  hasNftables,
  removeNftables,
  staleNftables,
} from "./nftables.ts";
import { CHAIN, masqueradeLayout, type Sources, sourceElements } from "./own.ts";

/** What is masqueraded, and how. */
export interface Masquerade {
  readonly backend: MasqueradeBackend;
  /** Destinations that see the container's own address; of our own layout. */
  readonly except?: readonly Prefix[];
  /** The result with the container's addresses; known once IPAM has answered. */
  readonly addresses: () => Result | undefined;
}

/** Traffic from the container to beyond its subnets leaves with the host's address. */
export const masquerade: Kind<Masquerade> = kindOf({
  name: "masquerade",

  describe(_scene, wanted) {
    const list = addressesOf(wanted).map(({ ip }) => ip.toString());
    const { backend, except = [] } = wanted;
    const how = backend === "own" ? "" : ` (${backend})`;
    const but = except.length === 0 ? "" : `, but not to ${except.join(", ")}`;
    const what = list.length === 0 ? "the container's addresses" : list.join(", ");
    return `${what} to the outside${but}${how}`;
  },

  compare,

  async apply(scene, wanted, rollback) {
    const { namespaces, owner, ctx } = scene;
    const list = addressesOf(wanted);
    if (wanted.backend === "own") {
      const { except = [] } = wanted;
      const records = ownerRecords(ctx, KIND);
      rollback.defer(() => records.remove(owner));
      records.write(owner, { addresses: list.map(String), except: except.map(String) });
      const sources = { addresses: list, except };
      rollback.defer(elementsOf(scene).add(sourceElements(owner.network, sources)));
      hostNat(scene).keep(familiesOf(list));
    } else if (wanted.backend === "nftables") {
      rollback.defer(() => removeNftables(nftables(namespaces), owner));
      addNftables(nftables(namespaces), owner, list);
    } else {
      // The first family may have been written when the second fails.
      rollback.defer(async () => await removeIptables(nftables(namespaces), owner, ctx.env));
      await addIptables(owner, list, ctx.env);
    }
  },

  async check(scene, wanted) {
    const { namespaces, owner, ctx } = scene;
    const list = addressesOf(wanted);
    if (wanted.backend === "iptables") return await checkIptables(owner, list, ctx.env);
    if (wanted.backend === "nftables") return checkNftables(nftables(namespaces), owner, list);
    const { except = [] } = wanted;
    const words = { what: "masquerade", element: () => "an address" };
    elementsOf(scene).check(sourceElements(owner.network, { addresses: list, except }), words);
    hostNat(scene).check(familiesOf(list), words.what);
  },

  async restore(scene, wanted) {
    const { namespaces, owner, ctx } = scene;
    const list = addressesOf(wanted);
    if (wanted.backend === "iptables") return await restoreIptables(owner, list, ctx.env);
    if (wanted.backend === "nftables") return addNftables(nftables(namespaces), owner, list);
    const { except = [] } = wanted;
    const records = ownerRecords(ctx, KIND);
    const verify = (): void => {
      if (records.read(owner) === undefined) throw unproved("masquerading");
    };
    verify();
    const elements = elementsOf(scene);
    elements.restore(sourceElements(owner.network, { addresses: list, except }));
    hostNat(scene).keep(familiesOf(list));
    // A DEL may have come meanwhile.
    if (records.read(owner) === undefined) elements.remove(undefined);
    verify();
  },

  /** The reference plugins' layouts name network and container: what is left of one is a proof. */
  async proves({ namespaces, owner, ctx }, { backend }) {
    if (backend === "nftables") return hasNftables(nftables(namespaces), owner);
    return backend === "iptables" && (await hasIptables(nftables(namespaces), owner, ctx.env));
  },

  /** Whether what the backend needs is there. */
  ready({ namespaces, ctx }, { backend }) {
    if (backend === "iptables") requireTools(4, { env: ctx.env });
    else requireNftables(nftables(namespaces));
  },

  undo,
  found,
  collect,
  stale,
});

function addressesOf({ addresses }: Masquerade): Prefix[] {
  return (addresses()?.ips ?? []).map(({ address }) => Prefix.parse(address));
}

/** Where the rules stand that lead to containers' chains in the iptables layout. */
const LEADING = { chain: "POSTROUTING", prefix: "" } as const;

/** The owner records that note which addresses of an attachment are masqueraded. */
const KIND = "masquerade";

function familiesOf(addresses: readonly Prefix[]): (4 | 6)[] {
  return [...new Set(addresses.map(({ ip }) => ip.family))];
}

function hostNat({ namespaces }: Scene): HostNat {
  return new HostNat(nftables(namespaces), { ...masqueradeLayout, family: "inet" }, [CHAIN]);
}

function elementsOf(scene: Scene): AttachmentElements {
  const { namespaces, owner } = scene;
  return new AttachmentElements(nftables(namespaces), masqueradeLayout, owner, claimsOf(scene));
}

/** Two containers may have one address. */
function claimsOf(scene: Scene): Claims {
  return new Claims(scene, {
    layout: masqueradeLayout,
    records: ownerRecords(scene.ctx, KIND),
    recorded({ network }, data) {
      const sources = recordedSources(data);
      return sources === undefined ? [] : sourceElements(network, sources);
    },
  });
}

/** What is there already, or the attachment that has an address which two containers want. */
async function compare(scene: Scene, wanted: Masquerade): Promise<Standing> {
  const { namespaces, owner, ctx } = scene;
  const { backend, except = [] } = wanted;
  const addresses = addressesOf(wanted);
  if (backend === "own") {
    return elementsOf(scene).compare(sourceElements(owner.network, { addresses, except }));
  }
  const nft = nftables(namespaces);
  const left =
    backend === "nftables" ? foundNftables(nft, owner) : await foundIptables(nft, owner, ctx.env);
  return left.length === 0 ? made() : changed("what an earlier ADD has left is replaced");
}

/** The elements that the record names; undefined without a record. */
function recordedElements({ owner, ctx }: Scene): WantedElement[] | undefined {
  const recorded = recordedSources(ownerRecords(ctx, KIND).read(owner)?.data);
  return recorded && sourceElements(owner.network, recorded);
}

/** What `undo` would remove. */
async function found(scene: Scene): Promise<readonly Finding[]> {
  const { namespaces, owner, ctx } = scene;
  const nft = nftables(namespaces);
  const records = ownerRecords(ctx, KIND);
  const own = foundElements(elementsOf(scene), recordedElements(scene), records, owner);
  const others = [...foundNftables(nft, owner), ...(await foundIptables(nft, owner, ctx.env))];
  return [...own, ...others.map(removed)];
}

/** What `collect` would remove. */
async function stale(scene: Scene, garbage: Garbage): Promise<readonly Finding[]> {
  const { ctx } = scene;
  const { network, valid } = garbage;
  const nft = nftables(scene.namespaces);
  const records = ownerRecords(ctx, KIND);
  const claims = claimsOf(scene);
  const elements = staleElements({ ...garbage, nft, layout: masqueradeLayout, records, claims });
  const chains: string[] = [];
  for (const containerId of staleContainers(nft, LEADING, network, valid)) {
    chains.push(...(await foundIptables(nft, { network, containerId, ifName: "" }, ctx.env)));
  }
  const rules = staleNftables(nft, network, valid);
  return [...elements, ...[...chains, ...rules].map(removed)];
}

/** Removes every layout: which one ADD used is not to be known from identity. */
async function undo(scene: Scene): Promise<void> {
  const { namespaces, owner, ctx } = scene;
  const records = ownerRecords(ctx, KIND);
  elementsOf(scene).remove(recordedElements(scene));
  records.remove(owner);
  removeNftables(nftables(namespaces), owner);
  await removeIptables(nftables(namespaces), owner, ctx.env);
}

/**
 * Removes the masquerading of attachments that are not valid any more: in our own layout by record
 * and by mark, with sets and tables that became empty, and in the layouts of the reference plugins
 * by the comments of their rules.
 */
async function collect(scene: Scene, garbage: Garbage): Promise<void> {
  const { ctx } = scene;
  const { network, valid } = garbage;
  const nft = nftables(scene.namespaces);
  await collectElements({
    ...garbage,
    ...{ nft, layout: masqueradeLayout, records: ownerRecords(ctx, KIND) },
    undo: async (owner) => await undo({ ...scene, owner }),
    claims: claimsOf(scene),
  });
  hostNat(scene).mend();
  for (const containerId of staleContainers(nft, LEADING, network, valid)) {
    await removeIptables(nft, { network, containerId, ifName: "" }, ctx.env);
  }
  collectNftables(nft, network, valid);
}

function recordedSources(data: JsonValue | undefined): Sources | undefined {
  if (!isObject(data) || !Array.isArray(data["addresses"])) return undefined;
  return { addresses: prefixesOf(data["addresses"]), except: prefixesOf(data["except"]) };
}

function prefixesOf(list: JsonValue | undefined): Prefix[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((text) => (typeof text === "string" && Prefix.tryParse(text)) || []);
}
