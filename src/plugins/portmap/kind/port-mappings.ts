import type { Prefix } from "../../../addr/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import {
  changed,
  differs,
  type Kind,
  made,
  type Piece,
  type Rollback,
  type Scene,
  type Standing,
  unproved,
} from "../../../state/index.ts";
import { chainExists, portChain, requireTools } from "../../../state/iptables/index.ts";
import {
  type AttachmentElements,
  type Conflict,
  isAmong,
  nftables,
  requireNftables,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import { isInstalled } from "../../../state/tool/index.ts";
import type { PortmapConfig } from "../config.ts";
import { conflictText, refusalOf, targetOfConflict } from "./conflict.ts";
import { forgetFlowsBefore } from "./flows.ts";
import { addIptables, foundIptables, type IptablesPorts, removeIptables } from "./iptables.ts";
import { checkIptables } from "./iptables-check.ts";
import { found, stale } from "./leftover.ts";
import { isListenedOn } from "./listeners.ts";
import { type PortMapping, type Target, targetsOf, targetText } from "./mapping.ts";
import { addNftables, foundNftables, removeNftables } from "./nftables.ts";
import { checkNftables } from "./nftables-check.ts";
import {
  hostNat,
  type Mapped,
  mapElement,
  mapPlaces,
  portElements,
  type Snat,
  targetOfElement,
} from "./own.ts";
import {
  hasOtherInterface,
  noteOf,
  type PortRecord,
  portRecords,
  recordFromJson,
} from "./record.ts";
import { collect, elementsOf, elementsOfRecord, removeReferenceLayouts, undo } from "./remove.ts";
import { spareServices } from "./services.ts";

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
  found,
  collect,
  stale,
};

class PortsPiece implements Piece {
  readonly name = "port mappings";
  readonly #scene: Scene;
  readonly #config: PortmapConfig;
  readonly #mappings: readonly PortMapping[];
  readonly #addresses: readonly Prefix[];
  readonly #targets: readonly Target[];
  /** Ports that others had when ADD made the mappings; undefined before. */
  #conflicts: Conflict[] | undefined;

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
    const conflicts = this.#conflicts ?? this.#look();
    const list =
      this.#addresses.length === 0
        ? this.#mappings.map(
            (mapping) => mappingText(mapping) + said(conflicts, mapPlaces(mapping)),
          )
        : this.#targets.map((target) => targetText(target) + said(conflicts, [mapElement(target)]));
    const how = backend === "own" || this.#addresses.length === 0 ? "" : ` (${backend})`;
    return `${list.join(", ")}${how}`;
  }

  /** Ports of other containers, and those that processes of the host listen on, are named with their owner. */
  async compare(): Promise<Standing> {
    // The owner of a port stands behind the description, and not in it.
    this.#conflicts = [];
    const listened = this.#mappings.filter(isListenedOn).map(({ hostPort }) => hostPort);
    const held =
      listened.length === 0
        ? []
        : [
            `a process of the host listens on ${listened.join(", ")}, which outsiders do not reach then`,
          ];
    const { now: first, ...standing } = await this.#standing();
    const now = [...(first === undefined ? [] : [first]), ...held].join("; ");
    return now === "" ? standing : { ...standing, now };
  }

  async #standing(): Promise<Standing> {
    const { namespaces, owner, ctx } = this.#scene;
    if (this.#config.backend === "own") {
      const isKnown = this.#addresses.length > 0;
      const places = isKnown ? this.#wanted() : this.#mappings.flatMap(mapPlaces);
      return this.#elements().compare(places, conflictText);
    }
    const nft = nftables(namespaces);
    const left =
      this.#config.backend === "nftables"
        ? foundNftables(nft, owner, new Set())
        : await foundIptables(nft, owner, ctx.env);
    return left.length === 0 ? made() : changed("what an earlier ADD has left is replaced");
  }

  async apply(rollback: Rollback): Promise<void> {
    const { namespaces, owner, ctx } = this.#scene;
    const records = portRecords(ctx);
    const earlier = recordFromJson(records.read(owner)?.data);
    // An ADD that is repeated may ask for other ports, or for another layout.
    if (earlier !== undefined) await this.#removeEarlier(earlier);
    const conflicts: Conflict[] = [];
    this.#conflicts = conflicts;
    const { backend } = this.#config;
    rollback.defer(() => records.remove(owner));
    // The other layouts can be taken away without a record, but GC would not know whose they are.
    records.write(owner, noteOf(ctx, owner, { ...this.#mapped(), backend }));
    if (backend === "own") this.#addOwn(rollback, conflicts);
    else await this.#addReference(rollback, `${records.directory}/lock`);
    const waiting = conflicts.flatMap(({ want, waits }) => (waits ? [want] : []));
    const begun = this.#targets.filter((target) => !isAmong(waiting, mapElement(target)));
    forgetFlowsBefore(namespaces, begun);
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
      onWaiting: (conflict) => this.#say(conflict),
    });
    hostNat(nftables(namespaces)).check(this.#families(), "port mappings");
  }

  async restore(): Promise<void> {
    const { namespaces, ctx } = this.#scene;
    await this.#verifyOwn();
    if (this.#config.backend === "own") this.#restoreOwn();
    else if (this.#config.backend === "nftables") {
      await addNftables(nftables(namespaces), this.#ports(), ctx.env);
    } else {
      await addIptables(this.#ports(), ctx.env, `${portRecords(ctx).directory}/lock`);
    }
    forgetFlowsBefore(namespaces, this.#targets);
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

  #addOwn(rollback: Rollback, conflicts: Conflict[]): void {
    const { namespaces } = this.#scene;
    const takeBack = this.#elements().add(this.#wanted(), (conflict) => {
      conflicts.push(conflict);
      this.#say(conflict);
    });
    rollback.defer(takeBack);
    spareServices(namespaces);
    hostNat(nftables(namespaces)).keep(this.#families());
  }

  /** @throws CniError where neither a record nor what is left says whose the mappings are */
  async #verifyOwn(): Promise<void> {
    const { namespaces, owner, ctx } = this.#scene;
    const { backend } = this.#config;
    const records = portRecords(ctx);
    if (records.read(owner) === undefined) {
      const chain = portChain(owner.network, owner.containerId);
      const isLeft =
        backend === "iptables" &&
        (await chainExists(nftables(namespaces), 4, "nat", chain, ctx.env));
      if (!isLeft) throw unproved("port mappings");
    }
    // The reference plugins' layouts know containers: what another interface has would be lost.
    if (backend !== "own" && hasOtherInterface(records, owner)) {
      throw differs(`${owner.containerId} has mappings on another interface, in the same chain`);
    }
  }

  #restoreOwn(): void {
    const { namespaces, owner, ctx } = this.#scene;
    const elements = this.#elements();
    try {
      elements.restore(this.#wanted());
    } finally {
      // A DEL may have come meanwhile.
      if (portRecords(ctx).read(owner) === undefined) elements.remove(undefined);
      spareServices(namespaces);
      hostNat(nftables(namespaces)).keep(this.#families());
    }
  }

  #families(): (4 | 6)[] {
    return [...new Set(this.#targets.map(({ address }) => address.family))];
  }

  #say(conflict: Conflict): void {
    const [target, text] = [targetOfConflict(conflict), conflictText(conflict)];
    if (target === undefined || text === undefined) return;
    this.#scene.ctx.log(`portmap: ${targetText(target)} ${text}`);
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
    const wanted = this.#config.backend === "own" ? this.#wanted() : [];
    // What is wanted again is never without its holder, so no claim that waits comes to its turn.
    const surplus = elementsOfRecord(owner, earlier).filter((each) => !isAmong(wanted, each));
    this.#elements().remove(surplus);
    await removeReferenceLayouts(this.#scene, owner, [...this.#addresses, ...earlier.addresses]);
  }

  #elements(): AttachmentElements {
    const { portConflict } = this.#config;
    return elementsOf(this.#scene, portConflict === "refuse" ? refusalOf : undefined);
  }

  /** For `plan`: which ports others have now. Empty where the kernel does not say so. */
  #look(): Conflict[] {
    if (this.#scene.ctx.operation !== "ADD" || this.#config.backend !== "own") return [];
    const places =
      this.#addresses.length === 0 ? this.#mappings.flatMap(mapPlaces) : this.#wanted();
    try {
      return this.#elements().conflicts(places);
    } catch {
      return [];
    }
  }

  #wanted(): WantedElement[] {
    return portElements(this.#scene.owner.network, this.#mapped());
  }

  #mapped(): Mapped {
    const { exceptDestinations: except } = this.#config;
    return { targets: this.#targets, addresses: this.#addresses, snat: this.#snat(), except };
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

/** What is to be said of a mapping, in brackets behind it. */
function said(conflicts: readonly Conflict[], places: readonly WantedElement[]): string {
  const texts = conflicts.flatMap((conflict) =>
    isAmong(places, conflict.want) ? (conflictText(conflict) ?? []) : [],
  );
  const [first] = texts;
  return first === undefined ? "" : ` (${first})`;
}

function mappingText({ protocol, hostPort, containerPort }: PortMapping): string {
  return `${protocol} port ${hostPort} → port ${containerPort} of the container`;
}
