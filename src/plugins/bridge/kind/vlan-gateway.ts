import { type link, vlan } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, hexDigest, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { randomMac, setBestEffort } from "../../../state/veth/index.ts";
import { vlansOf } from "./vlan.ts";

const NAME_MAX = 15;

/** Through which link the host talks in a VLAN of a bridge. */
export interface VlanGateway {
  readonly namespaces: Namespaces;
  readonly bridge: string;
  readonly vid: number;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
}

/**
 * A pair of links on the host: `<bridge>.<vid>`, which bears the gateway's addresses, and its peer,
 * a port of the bridge in that VLAN. Shared by all ports of the VLAN, so DEL leaves it.
 */
export class VlanGatewayStep implements Step {
  readonly name = "VLAN gateway";
  readonly #gateway: VlanGateway;

  constructor(gateway: VlanGateway) {
    this.#gateway = gateway;
  }

  describe(): string {
    return `${gatewayName(this.#gateway)} on the host, in VLAN ${this.#gateway.vid}`;
  }

  apply(): Revert | undefined {
    const { namespaces } = this.#gateway;
    const name = gatewayName(this.#gateway);
    const mac = randomMac().toString();
    const revert = (): void => {
      const made = namespaces.hostLinks.get({ name });
      if (made?.address === mac && !this.isShared()) namespaces.hostLinks.delete(made.index);
    };
    try {
      const isNew = this.#create(name, mac);
      const { index, linkIndex } = this.link();
      if (!isNew && isInPlace(this.#gateway, index)) return undefined;
      setBestEffort(`net/ipv6/conf/${name}/accept_ra`, "0");
      this.#join(linkIndex);
      namespaces.hostLinks.set(index, { up: true });
      return isNew ? revert : undefined;
    } catch (error) {
      throw afterCleanup(error, revert);
    }
  }

  check(): void {
    const gateway = this.#gateway.namespaces.hostLinks.get({ name: gatewayName(this.#gateway) });
    if (gateway === undefined)
      throw differs(`${gatewayName(this.#gateway)} is missing on the host`);
    if (isInPlace(this.#gateway, gateway.index)) return;
    const { bridge, vid } = this.#gateway;
    throw differs(`${gateway.name} does not lead to VLAN ${vid} of bridge ${bridge}`);
  }

  undo(): void {}

  /** The link with the gateway's addresses. Throws when the name belongs to something else. */
  link(): link.Link & { readonly linkIndex: number } {
    const name = gatewayName(this.#gateway);
    const found = this.#gateway.namespaces.hostLinks.get({ name });
    if (found?.kind === "veth" && found.linkIndex !== undefined) {
      return { ...found, linkIndex: found.linkIndex };
    }
    const why = found === undefined ? "vanished" : `is no veth but ${found.kind ?? "a device"}`;
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, `${name} ${why}`, {
      details: `it is the gateway of VLAN ${this.#gateway.vid}; rename the other link`,
    });
  }

  /** Whether ports of the bridge, beside its own and the one given, are in the VLAN. */
  isShared(except?: number): boolean {
    const { namespaces, bridge, vid } = this.#gateway;
    const master = namespaces.hostLinks.get({ name: bridge });
    if (master === undefined) return false;
    const own = namespaces.hostLinks.get({ name: gatewayName(this.#gateway) })?.linkIndex;
    const others = namespaces.hostLinks
      .list({ master: master.index })
      .filter(({ index }) => index !== own && index !== except);
    const inVlan = vlan
      .list(namespaces.host)
      .filter(({ ranges }) => ranges.some(({ first, last }) => first <= vid && vid <= last));
    return others.some(({ index }) => inVlan.some((table) => table.index === index));
  }

  /** False when it exists already, perhaps as another ADD has just made it. */
  #create(name: string, mac: string): boolean {
    const { namespaces, mtu } = this.#gateway;
    const size = mtu === 0 ? {} : { mtu };
    const peer = { name: peerName(this.#gateway), address: randomMac().toString(), ...size };
    try {
      namespaces.hostLinks.add({ name, kind: "veth", address: mac, ...size, peer });
      return true;
    } catch (error) {
      if (isKernelError(error, Errno.EEXIST)) return false;
      throw error;
    }
  }

  #join(peer: number): void {
    const { namespaces, bridge, vid } = this.#gateway;
    const master = namespaces.hostLinks.get({ name: bridge });
    if (master === undefined) throw differs(`bridge ${bridge} is missing on the host`);
    namespaces.hostLinks.set(peer, { master: master.index });
    const strange = vlansOf(namespaces, peer).filter(
      ({ first, last }) => first !== vid || last !== vid,
    );
    if (strange.length > 0) vlan.delete(namespaces.host, { index: peer }, strange);
    vlan.add(namespaces.host, { index: peer }, [
      { first: vid, last: vid, pvid: true, untagged: true },
    ]);
    namespaces.hostLinks.set(peer, { up: true });
  }
}

/** `<bridge>.<vid>` as the Go plugin has it, or a name made of both where that is too long. */
export function gatewayName({ bridge, vid }: Pick<VlanGateway, "bridge" | "vid">): string {
  const name = `${bridge}.${vid}`;
  const bytes = new TextEncoder().encode(name).length;
  return bytes <= NAME_MAX ? name : `br${hexDigest("sha256", bridge).slice(0, 8)}.${vid}`;
}

function peerName({ bridge, vid }: VlanGateway): string {
  return `veth${hexDigest("sha256", `${bridge}\0${vid}`).slice(0, 8)}`;
}

function isInPlace(gateway: VlanGateway, index: number): boolean {
  const { namespaces, bridge, vid } = gateway;
  const own = namespaces.hostLinks.get({ index });
  if (own?.linkIndex === undefined || !own.up) return false;
  const peer = namespaces.hostLinks.get({ index: own.linkIndex });
  const master = namespaces.hostLinks.get({ name: bridge });
  if (peer?.up !== true || master === undefined || peer.master !== master.index) return false;
  return vlansOf(namespaces, peer.index).some(
    ({ first, last, pvid }) => pvid === true && first === vid && last === vid,
  );
}
