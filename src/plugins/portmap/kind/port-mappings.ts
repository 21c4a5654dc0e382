import type { Prefix } from "../../../addr/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Kind, Piece, Rollback, Scene } from "../../../state/index.ts";
import { requireTools } from "../../../state/iptables/index.ts";
import {
  type AttachmentElements,
  nftables,
  requireNftables,
} from "../../../state/nft-sets/index.ts";
import type { OwnerStore } from "../../../state/owner/index.ts";
import { isInstalled } from "../../../state/tool/index.ts";
import type { PortmapConfig } from "../config.ts";
import { forgetFlowsBefore } from "./flows.ts";
import { addIptables, type IptablesPorts, removeIptables } from "./iptables.ts";
import { checkIptables } from "./iptables-check.ts";
import { type PortMapping, type Target, targetsOf, targetText } from "./mapping.ts";
import { addNftables, removeNftables } from "./nftables.ts";
import { checkNftables } from "./nftables-check.ts";
import { portElements, type Snat, targetOfElement } from "./own.ts";
import { type PortRecord, portRecords, recordFromJson, recordToJson } from "./record.ts";
import { collect, elementsOf, elementsOfRecord, removeReferenceLayouts, undo } from "./remove.ts";

/** Mappings, and where they lead. */
export interface WantedPorts {
  readonly config: PortmapConfig;
  readonly mappings: readonly PortMapping[];
  /** The container's address of each family, with the length of its subnet; none before it has any. */
  readonly addresses?: readonly Prefix[];
}

/** Connections to ports of the host lead to the container. */
export const portMappings: Kind<WantedPorts> = {
  name: "port mappings",
  want: (scene, wanted) => new PortsPiece(scene, wanted),
  undo,
  collect,
};

class PortsPiece implements Piece {
  readonly name = "port mappings";
  readonly #scene: Scene;
  readonly #config: PortmapConfig;
  readonly #mappings: readonly PortMapping[];
  readonly #addresses: readonly Prefix[];
  readonly #targets: readonly Target[];

  constructor(scene: Scene, { config, mappings, addresses = [] }: WantedPorts) {
    this.#scene = scene;
    this.#config = config;
    this.#mappings = mappings;
    this.#addresses = addresses;
    this.#targets = targetsOf(
      mappings,
      addresses.map(({ ip }) => ip),
    );
  }

  describe(): string {
    const { backend } = this.#config;
    if (this.#addresses.length === 0) return this.#mappings.map(mappingText).join(", ");
    const how = backend === "own" ? "" : ` (${backend})`;
    return `${this.#targets.map(targetText).join(", ")}${how}`;
  }

  async apply(rollback: Rollback): Promise<void> {
    const { namespaces, owner, ctx } = this.#scene;
    const records = portRecords(ctx);
    const earlier = recordFromJson(records.read(owner)?.data);
    // An ADD that is repeated may ask for other ports, or for another layout.
    if (earlier !== undefined) await this.#removeEarlier(earlier);
    // The other layouts are whole without a record: whoever made them, anyone can take them away.
    if (this.#config.backend === "own") this.#addOwn(rollback, records);
    else {
      records.remove(owner);
      await this.#addReference(rollback, `${records.directory}/lock`);
    }
    forgetFlowsBefore(namespaces, this.#targets);
  }

  async check(): Promise<void> {
    const { namespaces, ctx } = this.#scene;
    const { backend } = this.#config;
    if (backend === "iptables") return await checkIptables(this.#ports(), ctx.env);
    if (backend === "nftables") return checkNftables(nftables(namespaces), this.#ports());
    this.#elements().check(this.#wanted(), {
      what: "port mappings",
      element: ({ set, key, data }) => {
        const target = targetOfElement(set.name, key, data);
        return `${target === undefined ? "an address" : targetText(target)} of this container`;
      },
    });
  }

  /** Our own layout needs no program. */
  ready(): void {
    const { namespaces, ctx } = this.#scene;
    const { backend } = this.#config;
    if (backend === "iptables") requireTools(4, { env: ctx.env });
    if (backend === "nftables" && !isInstalled(["nft"], ctx.env)) {
      throw new CniError(
        ErrorCode.PLUGIN_NOT_AVAILABLE,
        "the nftables backend needs nft on PATH; install it, or leave the backend unset",
      );
    }
    requireNftables(nftables(namespaces));
  }

  #addOwn(rollback: Rollback, records: OwnerStore): void {
    const { owner, ctx } = this.#scene;
    rollback.defer(() => records.remove(owner));
    records.write(owner, recordToJson(this.#targets, this.#addresses, this.#snat()));
    const takeBack = this.#elements().add(this.#wanted(), ({ set, element }) => {
      const target = targetOfElement(set.name, element.key, element.data);
      if (target === undefined) return;
      const previous = element.comment ?? "an unknown owner";
      ctx.log(`portmap: takes over ${targetText(target)} from ${previous}`);
    });
    rollback.defer(takeBack);
  }

  async #addReference(rollback: Rollback, lock: string): Promise<void> {
    const { namespaces, owner, ctx } = this.#scene;
    const nft = nftables(namespaces);
    if (this.#config.backend === "nftables") {
      const own = new Set(this.#addresses.map(({ ip }) => ip.toString()));
      rollback.defer(() => removeNftables(nft, owner, own));
      return await addNftables(nft, this.#ports(), ctx.env);
    }
    rollback.defer(async () => await removeIptables(nft, owner, ctx.env));
    await addIptables(this.#ports(), ctx.env, lock);
  }

  async #removeEarlier(earlier: PortRecord): Promise<void> {
    const { owner } = this.#scene;
    this.#elements().remove(elementsOfRecord(owner, earlier));
    await removeReferenceLayouts(this.#scene, owner, [...this.#addresses, ...earlier.addresses]);
  }

  #elements(): AttachmentElements {
    return elementsOf(this.#scene);
  }

  #wanted(): ReturnType<typeof portElements> {
    const { network } = this.#scene.owner;
    return portElements(network, this.#targets, this.#addresses, this.#snat());
  }

  #snat(): Snat {
    const { snat, masqAll } = this.#config;
    if (!snat) return "none";
    return masqAll ? "all" : "local";
  }

  /** What the reference plugins' layouts are made of. */
  #ports(): IptablesPorts {
    const {
      snat,
      masqAll,
      markMasqBit: markBit,
      externalSetMarkChain: setMarkChain,
    } = this.#config;
    const { conditionsV4, conditionsV6 } = this.#config;
    return {
      owner: this.#scene.owner,
      mappings: this.#mappings,
      targets: this.#targets,
      containers: this.#addresses,
      ...{ snat, masqAll, markBit, setMarkChain },
      conditions: { 4: conditionsV4, 6: conditionsV6 },
    };
  }
}

function mappingText({ protocol, hostPort, containerPort }: PortMapping): string {
  return `${protocol} port ${hostPort} → port ${containerPort} of the container`;
}
