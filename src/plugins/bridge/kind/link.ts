import { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { randomMac, setBestEffort } from "../../../state/veth/index.ts";
import { REMOVABLE_ALIAS } from "./unused.ts";

/** What the bridge should be. It is shared: an attachment makes it when it is the first. */
export interface BridgeLink {
  readonly namespaces: Namespaces;
  readonly name: string;
  /** Of a bridge that is made; in bytes, 0 leaves it to the kernel. */
  readonly mtu: number;
  readonly promiscuous: boolean;
  /** Of a bridge that is made. */
  readonly settings?: link.BridgeInfo | undefined;
  /** A bridge that is made is marked, so that it may be removed when it is unused. */
  readonly removable?: boolean | undefined;
  /** Told when a bridge that exists is not as it would be made. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** The bridge on the host, up. DEL leaves it: other attachments and the operator may use it. */
export class BridgeStep implements Step {
  readonly name = "bridge";
  readonly #bridge: BridgeLink;
  #index: number | undefined;

  constructor(bridge: BridgeLink) {
    this.#bridge = bridge;
  }

  describe(): string {
    const { name, mtu, promiscuous } = this.#bridge;
    const size = mtu === 0 ? "" : `, MTU ${mtu}`;
    return `${name} on the host, up${size}${promiscuous ? ", promiscuous" : ""}`;
  }

  apply(): Revert | undefined {
    const { namespaces, name } = this.#bridge;
    // An explicit address keeps the bridge from taking over the lowest one of its ports. It also
    // tells our bridge from another's when the kernel's answer is lost.
    const mac = randomMac().toString();
    const before = namespaces.hostLinks.get({ name });
    const revert = (): void => (before === undefined ? this.#takeBack(mac) : this.#restore(before));
    try {
      const bridge = before === undefined ? this.#make(mac) : this.#judged(before);
      this.#index = bridge.index;
      const made = bridge.address === mac;
      if (made) this.#complete(bridge);
      else this.#compare(bridge);
      return this.#activate(bridge) || made ? revert : undefined;
    } catch (error) {
      throw afterCleanup(error, revert);
    }
  }

  check(): void {
    const { name, promiscuous } = this.#bridge;
    const bridge = this.#bridge.namespaces.hostLinks.get({ name });
    if (bridge === undefined) throw differs(`bridge ${name} is missing on the host`);
    if (bridge.kind !== "bridge") {
      throw differs(`${name} is no bridge but ${bridge.kind ?? "a device"}`);
    }
    if (!bridge.up) throw differs(`bridge ${name} is down`);
    // More promiscuity than asked for is somebody watching, which is no fault.
    if (promiscuous && bridge.promiscuity === 0) throw differs(`bridge ${name} is not promiscuous`);
  }

  undo(): void {}

  /** Where the bridge is: the one that was just made or found, or the one there is. */
  index(): number {
    return this.#index ?? this.link().index;
  }

  /** The bridge as the kernel has it. Throws when the name belongs to something else. */
  link(): link.Link {
    const { namespaces, name } = this.#bridge;
    return this.#judged(namespaces.hostLinks.get({ name }));
  }

  #judged(bridge: link.Link | undefined): link.Link {
    if (bridge?.kind === "bridge") return bridge;
    const { name } = this.#bridge;
    const quoted = JSON.stringify(name);
    const why =
      bridge === undefined ? "it vanished" : `${quoted} already exists but is not a bridge`;
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `failed to create bridge ${quoted}: ${why}`,
    );
  }

  #make(mac: string): link.Link {
    const { namespaces, name, mtu, settings } = this.#bridge;
    const more = { ...(mtu === 0 ? {} : { mtu }), ...(settings && { bridge: settings }) };
    try {
      return namespaces.hostLinks.create({
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
    setBestEffort(`net/ipv6/conf/${name}/accept_ra`, "0");
    if (this.#bridge.removable !== true) return;
    this.#bridge.namespaces.hostLinks.set(index, { alias: REMOVABLE_ALIAS });
  }

  /** A bridge of somebody else's is used as it is. */
  #compare({ name, bridge }: link.Link): void {
    const { settings, warn } = this.#bridge;
    if (settings?.vlanFiltering !== true || bridge?.vlanFiltering === true) return;
    warn?.(`bridge ${name} does not filter VLANs: its ports are not kept apart`);
  }

  #takeBack(mac: string): void {
    const { namespaces, name } = this.#bridge;
    const bridge = namespaces.hostLinks.get({ name });
    if (bridge?.address !== mac || hasPorts(namespaces, bridge.index)) return;
    namespaces.hostLinks.delete(bridge.index);
  }

  /** False when there was nothing to change. */
  #activate(bridge: link.Link): boolean {
    const promisc = this.#lacksPromiscuity(bridge);
    if (bridge.up && !promisc) return false;
    const { host } = this.#bridge.namespaces;
    link.set(host, bridge.index, { up: true, ...(promisc ? { promisc } : {}) });
    return true;
  }

  /** Makes a bridge of somebody else's as it was before, unless others rely on it by now. */
  #restore(before: link.Link): void {
    const { namespaces } = this.#bridge;
    const promisc = this.#lacksPromiscuity(before);
    if (before.kind !== "bridge" || (before.up && !promisc)) return;
    if (hasPorts(namespaces, before.index)) return;
    namespaces.hostLinks.set(before.index, {
      up: before.up,
      ...(promisc ? { promisc: false } : {}),
    });
  }

  #lacksPromiscuity(bridge: link.Link): boolean {
    return this.#bridge.promiscuous && bridge.promiscuity === 0;
  }
}

/** Whether any link, or any but one, is enslaved to the bridge. */
export function hasPorts(namespaces: Namespaces, bridge: number, except?: number): boolean {
  return namespaces.hostLinks.list({ master: bridge }).some((port) => port.index !== except);
}
