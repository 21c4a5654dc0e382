import { Prefix } from "../../../addr/index.ts";
import { type Attachment, isObject, type JsonValue } from "../../../spec/index.ts";
import { orRevert, type Revert, type Step } from "../../../state/index.ts";
import { presentTables } from "../../../state/iptables/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { AttachmentElements, nftables, type WantedElement } from "../../../state/nft-sets/index.ts";
import { OwnerStore, readBootId, stateDirectory } from "../../../state/owner/index.ts";
import { forgetFlowsBefore, forgetFlowsThrough } from "./flows.ts";
import { addIptables, type IptablesPorts, removeIptables } from "./iptables.ts";
import { checkIptables } from "./iptables-check.ts";
import {
  mappedAddresses,
  type PortMapping,
  type Target,
  targetFromJson,
  targetsOf,
  targetText,
  targetToJson,
} from "./mapping.ts";
import { addNftables, type NftablesPorts, removeNftables } from "./nftables.ts";
import { checkNftables } from "./nftables-check.ts";
import { portElements, portsLayout, SNAT, type Snat, targetOfElement } from "./own.ts";

/** How mapped connections are led. */
export interface PortSettings {
  readonly backend: "own" | "iptables" | "nftables";
  readonly snat: boolean;
  readonly masqAll: boolean;
  readonly markMasqBit: number;
  readonly externalSetMarkChain: string | undefined;
  readonly conditionsV4: readonly string[];
  readonly conditionsV6: readonly string[];
}

/** The port mappings of an attachment. */
export interface Ports {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: PortSettings;
  readonly mappings: readonly PortMapping[];
  /** The container's addresses with the length of their subnets; the first of a family counts. */
  readonly addresses: readonly Prefix[];
  readonly log: (text: string) => void;
}

/** Connections to ports of the host lead to the container. */
export class PortsStep implements Step {
  readonly name = "port mappings";
  readonly #ports: Ports;
  readonly #containers: readonly Prefix[];
  readonly #targets: readonly Target[];
  readonly #elements: AttachmentElements;
  readonly #records: OwnerStore;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#containers = mappedAddresses(ports.addresses);
    this.#targets = targetsOf(
      ports.mappings,
      this.#containers.map(({ ip }) => ip),
    );
    this.#elements = new AttachmentElements(nftables(ports.namespaces), portsLayout, ports.owner);
    this.#records = portRecords(ports.env);
  }

  describe(): string {
    const { settings } = this.#ports;
    const list = this.#targets.map(targetText).join(", ");
    const how = settings.backend === "own" ? "" : ` (${settings.backend})`;
    return `${list === "" ? "the mappings of the container" : list}${how}`;
  }

  async apply(): Promise<Revert | undefined> {
    const { namespaces, owner, mappings, settings } = this.#ports;
    if (mappings.length === 0) return undefined;
    const earlier = this.#recorded();
    // An ADD that is repeated may ask for other ports, or for another layout.
    if (earlier !== undefined) await this.#remove(earlier);
    const add = async (): Promise<Revert> => {
      const revert = await this.#add();
      forgetFlowsBefore(namespaces, this.#targets);
      return revert;
    };
    // The other layouts are whole without a record: whoever made them, anyone can take them away.
    if (settings.backend !== "own") {
      this.#records.remove(owner);
      return await add();
    }
    const note = {
      targets: this.#targets.map(targetToJson),
      addresses: this.#containers.map(String),
      snat: this.#snat(),
    };
    return await this.#records.during(owner, note, add);
  }

  async check(): Promise<void> {
    const { namespaces, settings, env, mappings } = this.#ports;
    if (mappings.length === 0) return;
    if (settings.backend === "iptables") return await checkIptables(this.#iptables(), env);
    if (settings.backend === "nftables")
      return checkNftables(nftables(namespaces), this.#nftables());
    this.#checkOwn();
  }

  /** Removes every layout, and with it the flows that it led. */
  async undo(): Promise<void> {
    const recorded = this.#recorded();
    const found = await this.#remove(recorded);
    forgetFlowsThrough([...this.#targets, ...(recorded?.targets ?? []), ...found]);
    this.#records.remove(this.#ports.owner);
  }

  async #add(): Promise<Revert> {
    const { namespaces, owner, settings, env } = this.#ports;
    if (settings.backend === "own") return this.#addOwn();
    if (settings.backend === "nftables") {
      await addNftables(nftables(namespaces), this.#nftables(), env);
      return () => removeNftables(nftables(namespaces), owner, textsOf(this.#containers));
    }
    // The first family may have been written when the second fails.
    const revert = (): Promise<void> => removeIptables(nftables(namespaces), owner, env);
    const lock = `${this.#records.directory}/lock`;
    return await orRevert(revert, async () => await addIptables(this.#iptables(), env, lock));
  }

  #addOwn(): Revert {
    return this.#elements.add(this.#wanted(), ({ set, element }) => {
      const target = targetOfElement(set.name, element.key, element.data);
      if (target === undefined) return;
      const previous = element.comment ?? "an unknown owner";
      this.#ports.log(`portmap: takes over ${targetText(target)} from ${previous}`);
    });
  }

  #checkOwn(): void {
    this.#elements.check(this.#wanted(), {
      what: "port mappings",
      element: ({ set, key, data }) => {
        const target = targetOfElement(set.name, key, data);
        return `${target === undefined ? "an address" : targetText(target)} of this container`;
      },
    });
  }

  /** Gives the targets of elements that were found by searching. */
  async #remove(recorded: PortRecord | undefined): Promise<Target[]> {
    const { namespaces, owner, env, addresses } = this.#ports;
    const found = this.#removeOwn(recorded);
    const known = [...mappedAddresses(addresses), ...(recorded?.addresses ?? [])];
    // Mostly none of the other layouts' tables is there.
    const hasTable = presentTables(nftables(namespaces));
    removeNftables(nftables(namespaces), owner, textsOf(known), hasTable);
    await removeIptables(nftables(namespaces), owner, env, hasTable);
    return found;
  }

  #removeOwn(recorded: PortRecord | undefined): Target[] {
    const { network } = this.#ports.owner;
    const known = recorded?.snat.flatMap((snat) =>
      portElements(network, recorded.targets, recorded.addresses, snat),
    );
    return this.#elements
      .remove(known)
      .flatMap(({ set, element }) => targetOfElement(set.name, element.key, element.data) ?? []);
  }

  #recorded(): PortRecord | undefined {
    return readRecord(this.#records.read(this.#ports.owner)?.data);
  }

  #wanted(): WantedElement[] {
    const { network } = this.#ports.owner;
    return portElements(network, this.#targets, this.#containers, this.#snat());
  }

  #snat(): Snat {
    const { snat, masqAll } = this.#ports.settings;
    if (!snat) return "none";
    return masqAll ? "all" : "local";
  }

  #iptables(): IptablesPorts {
    const { mappings, settings } = this.#ports;
    const { markMasqBit: markBit, externalSetMarkChain: setMarkChain } = settings;
    return { ...this.#nftables(), mappings, markBit, setMarkChain };
  }

  #nftables(): NftablesPorts {
    const { owner, settings } = this.#ports;
    const { snat, masqAll, conditionsV4, conditionsV6 } = settings;
    return {
      owner,
      targets: this.#targets,
      containers: this.#containers,
      snat,
      masqAll,
      conditions: { 4: conditionsV4, 6: conditionsV6 },
    };
  }
}

/** Where it is noted which ports lead to an attachment. */
export function portRecords(env: Readonly<Record<string, string>>): OwnerStore {
  return new OwnerStore({ stateDir: stateDirectory(env), kind: "ports", bootId: readBootId() });
}

interface PortRecord {
  readonly targets: Target[];
  readonly addresses: Prefix[];
  /** What may have been masqueraded: one, or where it was not noted each. */
  readonly snat: readonly Snat[];
}

function readRecord(data: JsonValue | undefined): PortRecord | undefined {
  if (data === undefined || !isObject(data)) return undefined;
  const { targets, addresses, snat: noted } = data;
  if (!Array.isArray(targets) || !Array.isArray(addresses)) return undefined;
  return {
    targets: targets.flatMap((json) => targetFromJson(json) ?? []),
    addresses: addresses.flatMap((text) =>
      typeof text === "string" ? (Prefix.tryParse(text) ?? []) : [],
    ),
    snat: SNAT.includes(noted as Snat) ? [noted as Snat] : SNAT,
  };
}

function textsOf(addresses: readonly Prefix[]): ReadonlySet<string> {
  return new Set(addresses.map(({ ip }) => ip.toString()));
}
