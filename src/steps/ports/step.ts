import { type Ip, Prefix } from "../../addr/index.ts";
import { deleteConntrack } from "../../kernel/conntrack/index.ts";
import { type Attachment, isObject, type JsonValue } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { OwnedElements } from "../elements/index.ts";
import { OwnerStore, ownerComment, readBootId, stateDirectory } from "../owner/index.ts";
import type { Sides } from "../sides.ts";
import type { Revert, Step } from "../step.ts";
import { addIptables, checkIptables, removeIptables } from "./iptables.ts";
import { type Target, targetFromJson, targetText, targetToJson } from "./mapping.ts";
import { addNftables, checkNftables, removeNftables } from "./nftables.ts";
import { portElements, portsLayout, targetOfElement } from "./own.ts";

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
  readonly sides: Sides;
  readonly owner: Attachment;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: PortSettings;
  readonly targets: readonly Target[];
  /** The container's addresses with the length of their subnets. */
  readonly subnets: readonly Prefix[];
  readonly log: (text: string) => void;
}

/** Connections to ports of the host lead to the container. */
export class PortsStep implements Step {
  readonly name = "port mappings";
  readonly #ports: Ports;
  readonly #elements: OwnedElements;
  readonly #records: OwnerStore;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#elements = new OwnedElements(ports.sides.nft, portsLayout);
    this.#records = portRecords(ports.env);
  }

  describe(): string {
    const { targets, settings } = this.#ports;
    const list = targets.map(targetText).join(", ");
    const how = settings.backend === "own" ? "" : ` (${settings.backend})`;
    return `${list === "" ? "the mappings of the container" : list}${how}`;
  }

  async apply(): Promise<Revert | undefined> {
    const { targets } = this.#ports;
    if (targets.length === 0) return undefined;
    const revert = await this.#add();
    // Flows that began before the mapping would go on past it until they end.
    forgetFlows(targets);
    return revert;
  }

  async check(): Promise<void> {
    const { sides, owner, settings, env, targets } = this.#ports;
    if (targets.length === 0) return;
    if (settings.backend === "iptables") return await checkIptables(this.#iptables(), env);
    if (settings.backend === "nftables") return checkNftables(sides.nft, this.#nftables());
    const [missing] = this.#elements.missing(ownerComment(owner), this.#wanted());
    if (missing === undefined) return;
    const { name, table } = missing.set;
    throw differs(
      `port mappings: an element of this container is missing in ${name} of table inet ${table}`,
      `promised: ${targets.map(targetText).join(", ")}`,
    );
  }

  /** Removes every layout, and with it the flows that it led. */
  async undo(): Promise<void> {
    const { sides, owner, env, targets, subnets } = this.#ports;
    const removed = this.#undoOwn();
    removeNftables(sides.nft, owner, new Set(subnets.map(({ ip }) => ip.toString())));
    await removeIptables(sides.nft, owner, env);
    forgetFlows(removed.length > 0 ? removed : targets, "answered by the container");
    this.#records.remove(owner);
  }

  async #add(): Promise<Revert> {
    const { sides, owner, settings, env, targets } = this.#ports;
    if (settings.backend === "nftables") {
      await addNftables(sides.nft, this.#nftables(), env);
      return () => removeNftables(sides.nft, owner, addressesOf(targets));
    }
    if (settings.backend === "own") return this.#addOwn();
    const revert = (): Promise<void> => removeIptables(sides.nft, owner, env);
    try {
      await addIptables(this.#iptables(), env);
    } catch (error) {
      await revert(); // the first family may have been written
      throw error;
    }
    return revert;
  }

  #addOwn(): Revert {
    const { owner, targets, subnets, log } = this.#ports;
    this.#records.write(owner, {
      targets: targets.map(targetToJson),
      subnets: subnets.map(String),
    });
    try {
      const revert = this.#elements.add(ownerComment(owner), this.#wanted(), ({ comment }) =>
        log(`portmap: takes over a host port from ${comment ?? "an unknown owner"}`),
      );
      return async () => {
        await revert();
        this.#records.remove(owner);
      };
    } catch (error) {
      this.#records.remove(owner);
      throw error;
    }
  }

  /** Gives the targets whose elements were removed. */
  #undoOwn(): Target[] {
    const { sides, owner } = this.#ports;
    const mark = ownerComment(owner);
    if (sides.nft.getTable(portsLayout.family, portsLayout.table) === undefined) return [];
    const recorded = readRecord(this.#records.read(owner)?.data);
    if (recorded !== undefined) {
      for (const snat of ["local", "all"] as const) {
        const { targets, subnets } = recorded;
        this.#elements.remove(mark, portElements(owner.network, targets, subnets, snat));
      }
      return recorded.targets;
    }
    const found = this.#elements.search((each) => each === mark);
    this.#elements.removeFound((each) => each === mark);
    return found.flatMap(({ set, element }) => {
      if (!(element.data instanceof Uint8Array)) return [];
      return targetOfElement(set.name, element.key, element.data) ?? [];
    });
  }

  #wanted(): ReturnType<typeof portElements> {
    const { owner, targets, subnets, settings } = this.#ports;
    const local = settings.masqAll ? "all" : "local";
    return portElements(owner.network, targets, subnets, settings.snat ? local : "none");
  }

  #iptables(): Parameters<typeof addIptables>[0] {
    const { markMasqBit: markBit, externalSetMarkChain: setMarkChain } = this.#ports.settings;
    return { ...this.#nftables(), markBit, setMarkChain };
  }

  #nftables(): Parameters<typeof addNftables>[1] {
    const { owner, targets, subnets, settings } = this.#ports;
    const { snat, masqAll, conditionsV4, conditionsV6 } = settings;
    return {
      owner,
      targets,
      subnets,
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
  readonly subnets: Prefix[];
}

function readRecord(data: JsonValue | undefined): PortRecord | undefined {
  if (data === undefined || !isObject(data)) return undefined;
  const { targets, subnets } = data;
  if (!Array.isArray(targets) || !Array.isArray(subnets)) return undefined;
  return {
    targets: targets.flatMap((json) => targetFromJson(json) ?? []),
    subnets: subnets.flatMap((text) =>
      typeof text === "string" ? (Prefix.tryParse(text) ?? []) : [],
    ),
  };
}

function addressesOf(targets: readonly Target[]): ReadonlySet<string> {
  return new Set(targets.map(({ address }) => address.toString()));
}

/**
 * Makes the kernel forget UDP flows through the mapped ports: they have no end that it would see.
 * Best effort, since without connection tracking there is nothing to forget.
 */
function forgetFlows(targets: readonly Target[], which?: "answered by the container"): void {
  const filters = targets
    .filter(({ mapping }) => mapping.protocol === "udp")
    .map(({ mapping, address, hostIp }) => ({
      family: address.family,
      protocol: "udp" as const,
      originalPort: mapping.hostPort,
      ...(hostIp === undefined ? {} : { originalDestination: hostIp }),
      ...(which === undefined ? {} : { replySource: address }),
    }));
  if (filters.length === 0) return;
  try {
    deleteConntrack(filters);
  } catch {
    // See above.
  }
}

/** The container's addresses that mappings lead to: the first of each family. */
export function firstOfEachFamily(addresses: readonly Ip[]): Ip[] {
  return ([4, 6] as const).flatMap((version) => {
    const first = addresses.find(({ family }) => family === version);
    return first === undefined ? [] : [first];
  });
}
