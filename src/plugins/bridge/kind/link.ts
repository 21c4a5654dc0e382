import type { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../../spec/index.ts";
import { advertisedLinks } from "../../../state/forwarding/index.ts";
import {
  changed,
  differs,
  ignoreAdvertisements,
  type Kind,
  kept,
  made,
  type Piece,
  type Rollback,
  type Scene,
  type Standing,
  setBestEffort,
  stays,
} from "../../../state/index.ts";
import type { Links, Namespaces } from "../../../state/namespaces/index.ts";
import { randomMac } from "../../../state/veth/index.ts";
import { kernelFilters, noFiltering } from "./filtering.ts";
import { keepMac } from "./own-mac.ts";
import { REMOVABLE_ALIAS } from "./unused.ts";

/** What the bridge should be. It is shared: an attachment makes it when it is the first. */
interface WantedBridge {
  readonly name: string;
  /** Of a bridge that is made; in bytes, 0 leaves it to the kernel. */
  readonly mtu: number;
  readonly promiscuous: boolean;
  /** The host is the containers' gateway by the bridge itself. */
  readonly isGateway: boolean;
  /** The attachment's VLANs; the kernel has to know them. */
  readonly hasVlans: boolean;
  /** Of a bridge that is made. */
  readonly settings: link.BridgeInfo;
  /** A bridge that is made is marked, so that it may be removed when it is unused. */
  readonly removable: boolean;
}

/** The bridge on the host, up. DEL leaves it: other attachments and the operator may use it. */
export const bridgeLink: Kind<WantedBridge, BridgeLink> = {
  name: "bridge",
  want: (scene, wanted) => new BridgeLink(scene, wanted),
};

/** The bridge of one attachment. */
export class BridgeLink implements Piece {
  readonly name = "bridge";
  readonly isBasis = true;
  readonly #scene: Scene;
  readonly #wanted: WantedBridge;
  #index: number | undefined;

  constructor(scene: Scene, wanted: WantedBridge) {
    this.#scene = scene;
    this.#wanted = wanted;
  }

  describe(): string {
    const { name, mtu, promiscuous } = this.#wanted;
    const size = mtu === 0 ? "" : `, MTU ${mtu}`;
    return `${name} on the host, up${size}${promiscuous ? ", promiscuous" : ""}`;
  }

  compare(): Standing {
    const before = this.#judgeBefore();
    return before === undefined ? made() : this.#standingOf(before);
  }

  apply(rollback: Rollback): void {
    // An explicit address keeps the bridge from taking over the lowest one of its ports. It also
    // tells our bridge from another's when the kernel's answer is lost.
    const mac = randomMac().toString();
    const before = this.#judgeBefore();
    if (before !== undefined) {
      rollback.defer(() => this.#restore(before));
    } else rollback.defer(() => this.#takeBack(mac));
    const bridge = before ?? this.#make(mac);
    this.#index = bridge.index;
    if (bridge.address === mac) this.#complete(bridge);
    else this.#compare(bridge);
    if (this.#wanted.isGateway) this.#beGateway(bridge, rollback);
    this.#activate(bridge);
  }

  check(): void {
    const { name, promiscuous } = this.#wanted;
    const bridge = this.present();
    if (bridge.kind !== "bridge") {
      throw differs(`${name} is no bridge but ${bridge.kind ?? "a device"}`);
    }
    if (!bridge.up) throw differs(`bridge ${name} is down`);
    // More promiscuity than asked for comes of a program that captures packets, which is no fault.
    if (promiscuous && bridge.promiscuity === 0) throw differs(`bridge ${name} is not promiscuous`);
  }

  /** One that is gone is made anew; its ports join it by their own pieces. */
  restore(): void {
    this.apply(kept);
  }

  /** @throws CniError of code 50 when the name is another link's, or the kernel has no VLANs. */
  ready(): void {
    const { name, hasVlans } = this.#wanted;
    const existing = this.#links.get({ name });
    if (existing !== undefined && existing.kind !== "bridge") {
      throw new CniError(
        ErrorCode.PLUGIN_NOT_AVAILABLE,
        `${JSON.stringify(name)} already exists but is not a bridge`,
        { details: 'rename that link, or choose another "bridge"' },
      );
    }
    if (hasVlans && !this.#canFilter(existing)) throw noFiltering(name);
  }

  /** The kernel tells of filtering in any case, and of the default VLAN only where it can filter. */
  #canFilter(existing: link.Link | undefined): boolean {
    if (existing === undefined) return kernelFilters(this.#scene.namespaces);
    return existing.bridge?.vlanDefaultPvid !== undefined;
  }

  get wantedName(): string {
    return this.#wanted.name;
  }

  /**
   * For CHECK: the bridge as the kernel has it.
   * @throws a CHECK's error when there is none
   */
  present(): link.Link {
    const { name } = this.#wanted;
    const bridge = this.#links.get({ name });
    if (bridge === undefined) throw differs(`bridge ${name} is missing on the host`);
    return bridge;
  }

  /** Where the bridge is: the one that was just made or found, or the one there is. */
  index(): number {
    return this.#index ?? this.link().index;
  }

  /**
   * The bridge as the kernel has it.
   * @throws CniError of code 7 when it vanished, or the name belongs to another link
   */
  link(): link.Link {
    return this.#judge(this.#links.get({ name: this.#wanted.name }));
  }

  #judge(bridge: link.Link | undefined): link.Link {
    if (bridge?.kind === "bridge") return bridge;
    const { name } = this.#wanted;
    const quoted = JSON.stringify(name);
    const why =
      bridge === undefined ? "it vanished" : `${quoted} already exists but is not a bridge`;
    throw invalidConfig(`failed to create bridge ${quoted}: ${why}`);
  }

  /** The bridge that is there before an ADD. @throws CniError where it is none, or cannot be used */
  #judgeBefore(): link.Link | undefined {
    const before = this.#links.get({ name: this.#wanted.name });
    if (before !== undefined) this.#judge(before);
    if (this.#wanted.hasVlans && !this.#canFilter(before)) throw noFiltering(this.wantedName);
    return before;
  }

  /** A bridge that exists is used as it is, but for what every attachment needs of it. */
  #standingOf(before: link.Link): Standing {
    const { mtu, settings } = this.#wanted;
    const changes = [
      ...(before.up ? [] : ["it is down"]),
      ...(this.#lacksPromiscuity(before) ? ["it is not promiscuous"] : []),
    ];
    const differences = [
      ...(mtu !== 0 && before.mtu !== mtu ? [`its MTU ${before.mtu} stays`] : []),
      ...(settings.vlanFiltering === true && before.bridge?.vlanFiltering !== true
        ? ["it does not filter VLANs, which stays so"]
        : []),
    ];
    const now = ["it exists", ...changes, ...differences].join("; ");
    return changes.length > 0 ? changed(now) : stays(now);
  }

  #make(mac: string): link.Link {
    const { name, mtu, settings } = this.#wanted;
    const more = { ...(mtu === 0 ? {} : { mtu }), bridge: settings };
    try {
      return this.#links.create({
        name,
        kind: "bridge",
        address: mac,
        up: true,
        ...more,
      });
    } catch (error) {
      // Another ADD made it at the same moment.
      if (isKernelError(error, Errno.EEXIST)) return this.link();
      throw error;
    }
  }

  #complete({ index, name }: link.Link): void {
    ignoreAdvertisements(name);
    if (!this.#wanted.removable) return;
    this.#links.set(index, { alias: REMOVABLE_ALIAS });
  }

  /** A bridge that exists is used as it is. */
  #compare({ name, bridge }: link.Link): void {
    const { settings } = this.#wanted;
    if (settings.vlanFiltering !== true || bridge?.vlanFiltering === true) return;
    this.#scene.ctx.log(`bridge ${name} does not filter VLANs: its ports are not kept apart`);
  }

  /** What a gateway needs, on every bridge: one that was there before, too. */
  #beGateway(bridge: link.Link, rollback: Rollback): void {
    const { namespaces, ctx } = this.#scene;
    const changed = ignoreAdvertisements(bridge.name);
    if (changed !== undefined) {
      rollback.defer(() => {
        if (hasPorts(namespaces, bridge.index)) return;
        setBestEffort(changed.key, changed.before);
      });
      if (advertisedLinks(namespaces.host).has(bridge.index)) {
        const why = "it is the gateway of its containers";
        ctx.log(`bridge ${bridge.name} takes no more router advertisements, since ${why}`);
      }
    }
    keepMac(namespaces, bridge);
  }

  #takeBack(mac: string): void {
    const bridge = this.#links.get({ name: this.#wanted.name });
    if (bridge?.address !== mac || hasPorts(this.#scene.namespaces, bridge.index)) return;
    this.#links.delete(bridge.index);
  }

  #activate(bridge: link.Link): void {
    const promisc = this.#lacksPromiscuity(bridge);
    if (bridge.up && !promisc) return;
    this.#links.set(bridge.index, { up: true, ...(promisc ? { promisc } : {}) });
  }

  /** Makes a bridge that existed as it was before, unless others rely on it by now. */
  #restore(before: link.Link): void {
    const promisc = this.#lacksPromiscuity(before);
    if (before.up && !promisc) return;
    if (hasPorts(this.#scene.namespaces, before.index)) return;
    this.#links.set(before.index, { up: before.up, ...(promisc ? { promisc: false } : {}) });
  }

  #lacksPromiscuity(bridge: link.Link): boolean {
    return this.#wanted.promiscuous && bridge.promiscuity === 0;
  }

  get #links(): Links {
    return this.#scene.namespaces.hostLinks;
  }
}

/** Whether any link, or any but one, is enslaved to the bridge. */
export function hasPorts(namespaces: Namespaces, bridge: number, except?: number): boolean {
  return namespaces.hostLinks.list({ master: bridge }).some((port) => port.index !== except);
}
