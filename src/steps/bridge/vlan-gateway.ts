import { link, vlan } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { hexDigest } from "../digest.ts";
import type { Sides } from "../sides/index.ts";
import { afterCleanup, type Revert, type Step } from "../step.ts";
import { randomMac, setBestEffort } from "../veth/index.ts";
import { vlansOf } from "./vlan.ts";

const NAME_MAX = 15;

/** Through which link the host talks in a VLAN of a bridge. */
export interface VlanGateway {
  readonly sides: Sides;
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
    const { sides } = this.#gateway;
    const name = gatewayName(this.#gateway);
    const mac = randomMac().toString();
    const revert = (): void => {
      const made = link.get(sides.host, { name });
      if (made?.address === mac && !this.isShared()) sides.deleteLink(made.index);
    };
    try {
      const isNew = this.#create(name, mac);
      const { index, peerIndex } = this.link();
      if (!isNew && isInPlace(this.#gateway, index)) return undefined;
      setBestEffort(`net/ipv6/conf/${name}/accept_ra`, "0");
      this.#join(peerIndex);
      link.set(sides.host, index, { up: true });
      return isNew ? revert : undefined;
    } catch (error) {
      throw afterCleanup(error, revert);
    }
  }

  check(): void {
    const gateway = link.get(this.#gateway.sides.host, { name: gatewayName(this.#gateway) });
    if (gateway === undefined)
      throw differs(`${gatewayName(this.#gateway)} is missing on the host`);
    if (isInPlace(this.#gateway, gateway.index)) return;
    const { bridge, vid } = this.#gateway;
    throw differs(`${gateway.name} does not lead to VLAN ${vid} of bridge ${bridge}`);
  }

  undo(): void {}

  /** The link with the gateway's addresses. Throws when the name belongs to something else. */
  link(): link.Link & { readonly peerIndex: number } {
    const name = gatewayName(this.#gateway);
    const found = link.get(this.#gateway.sides.host, { name });
    if (found?.kind === "veth" && found.peerIndex !== undefined) {
      return { ...found, peerIndex: found.peerIndex };
    }
    const why = found === undefined ? "vanished" : `is no veth but ${found.kind ?? "a device"}`;
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, `${name} ${why}`, {
      details: `it is the gateway of VLAN ${this.#gateway.vid}; rename the other link`,
    });
  }

  /** Whether ports of the bridge, beside its own and the one given, are in the VLAN. */
  isShared(except?: number): boolean {
    const { sides, bridge, vid } = this.#gateway;
    const master = link.get(sides.host, { name: bridge });
    if (master === undefined) return false;
    const own = link.get(sides.host, { name: gatewayName(this.#gateway) })?.peerIndex;
    const others = link
      .list(sides.host, { master: master.index })
      .filter(({ index }) => index !== own && index !== except);
    const inVlan = vlan
      .list(sides.host)
      .filter(({ ranges }) => ranges.some(({ first, last }) => first <= vid && vid <= last));
    return others.some(({ index }) => inVlan.some((table) => table.index === index));
  }

  /** False when it exists already, perhaps as another ADD has just made it. */
  #create(name: string, mac: string): boolean {
    const { sides, mtu } = this.#gateway;
    const size = mtu === 0 ? {} : { mtu };
    const peer = { name: peerName(this.#gateway), address: randomMac().toString(), ...size };
    try {
      link.add(sides.host, { name, kind: "veth", address: mac, ...size, peer });
      return true;
    } catch (error) {
      if (isKernelError(error, Errno.EEXIST)) return false;
      throw error;
    }
  }

  #join(peer: number): void {
    const { sides, bridge, vid } = this.#gateway;
    const master = link.get(sides.host, { name: bridge });
    if (master === undefined) throw differs(`bridge ${bridge} is missing on the host`);
    link.set(sides.host, peer, { master: master.index });
    const strange = vlansOf(sides, peer).filter(({ first, last }) => first !== vid || last !== vid);
    if (strange.length > 0) vlan.delete(sides.host, { index: peer }, strange);
    vlan.add(sides.host, { index: peer }, [{ first: vid, last: vid, pvid: true, untagged: true }]);
    link.set(sides.host, peer, { up: true });
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
  const { sides, bridge, vid } = gateway;
  const own = link.get(sides.host, { index });
  if (own?.peerIndex === undefined || !own.up) return false;
  const peer = link.get(sides.host, { index: own.peerIndex });
  const master = link.get(sides.host, { name: bridge });
  if (peer?.up !== true || master === undefined || peer.master !== master.index) return false;
  return vlansOf(sides, peer.index).some(
    ({ first, last, pvid }) => pvid === true && first === vid && last === vid,
  );
}
