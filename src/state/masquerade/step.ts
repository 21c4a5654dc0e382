import { Prefix } from "../../addr/index.ts";
import { type Attachment, isObject, type JsonValue, type Result } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { AttachmentElements, nftables } from "../nft-sets/index.ts";
import { OwnerStore, readBootId, stateDirectory } from "../owner/index.ts";
import { orRevert, type Revert, type Step } from "../step.ts";
import { addIptables, checkIptables, removeIptables } from "./iptables.ts";
import { addNftables, checkNftables, removeNftables } from "./nftables.ts";
import { masqueradeLayout, sourceElements } from "./own.ts";

/** How the rules are laid out: our own way, or as the reference plugins do under that name. */
export type MasqueradeBackend = "own" | "iptables" | "nftables";

/** What masquerading an attachment takes. */
export interface Masquerade {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly backend: MasqueradeBackend;
  readonly env: Readonly<Record<string, string>>;
  /** The container's addresses with the length of their subnets; known once IPAM has spoken. */
  readonly addresses: () => readonly Prefix[];
}

/** Traffic from the container to beyond its subnets leaves with the host's address. */
export class MasqueradeStep implements Step {
  readonly name = "masquerade";
  readonly #masquerade: Masquerade;
  readonly #elements: AttachmentElements;
  readonly #records: OwnerStore;

  constructor(masquerade: Masquerade) {
    this.#masquerade = masquerade;
    const { namespaces, owner } = masquerade;
    this.#elements = new AttachmentElements(nftables(namespaces), masqueradeLayout, owner);
    this.#records = masqueradeRecords(masquerade.env);
  }

  describe(): string {
    const { addresses, backend } = this.#masquerade;
    const list = addresses().map(({ ip }) => ip.toString());
    const how = backend === "own" ? "" : ` (${backend})`;
    return `${list.length === 0 ? "the container's addresses" : list.join(", ")} to the outside${how}`;
  }

  async apply(): Promise<Revert> {
    const { namespaces, owner, backend, env, addresses } = this.#masquerade;
    const list = addresses();
    if (backend === "own") {
      const wanted = sourceElements(owner.network, list);
      const note = { addresses: list.map(String) };
      return await this.#records.during(owner, note, () => this.#elements.add(wanted));
    }
    if (backend === "nftables") {
      addNftables(nftables(namespaces), owner, list);
      return () => removeNftables(nftables(namespaces), owner);
    }
    // The first family may have been written when the second fails.
    const revert = (): Promise<void> => removeIptables(nftables(namespaces), owner, env);
    return await orRevert(revert, async () => await addIptables(owner, list, env));
  }

  async check(): Promise<void> {
    const { namespaces, owner, backend, env, addresses } = this.#masquerade;
    if (backend === "iptables") return await checkIptables(owner, addresses(), env);
    if (backend === "nftables") return checkNftables(nftables(namespaces), owner, addresses());
    const words = { what: "masquerading", element: () => "an address" };
    this.#elements.check(sourceElements(owner.network, addresses()), words);
  }

  /** Removes every layout: which one ADD used is not to be known from identity. */
  async undo(): Promise<void> {
    const { namespaces, owner, env } = this.#masquerade;
    const recorded = recordedAddresses(this.#records.read(owner)?.data);
    this.#elements.remove(recorded && sourceElements(owner.network, recorded));
    this.#records.remove(owner);
    removeNftables(nftables(namespaces), owner);
    await removeIptables(nftables(namespaces), owner, env);
  }
}

/** Where it is noted which addresses of an attachment are masqueraded. */
export function masqueradeRecords(env: Readonly<Record<string, string>>): OwnerStore {
  const stateDir = stateDirectory(env);
  return new OwnerStore({ stateDir, kind: "masquerade", bootId: readBootId() });
}

function recordedAddresses(data: JsonValue | undefined): Prefix[] | undefined {
  if (data === undefined || !isObject(data) || !Array.isArray(data["addresses"])) return undefined;
  return data["addresses"].flatMap((text) => {
    const prefix = typeof text === "string" ? Prefix.tryParse(text) : undefined;
    return prefix === undefined ? [] : [prefix];
  });
}

/** The addresses of a result, with the length of their subnets. */
export function addressesOf(result: Result | undefined): Prefix[] {
  return (result?.ips ?? []).map(({ address }) => Prefix.parse(address));
}
