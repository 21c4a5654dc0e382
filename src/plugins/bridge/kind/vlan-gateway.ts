import { type link, vlan } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import { invalidConfig } from "../../../spec/index.ts";
import {
  changed,
  differs,
  hexDigest,
  ignoreAdvertisements,
  type Kind,
  kept,
  made,
  NAME_ATTEMPTS,
  type Piece,
  type Rollback,
  type Standing,
  setBestEffort,
  stays,
  tryAgain,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { randomMac, type VethPair } from "../../../state/veth/index.ts";
import { vlansOf } from "./vlan.ts";

const NAME_MAX = 15;

/** Through which link the host talks in a VLAN of a bridge. */
interface WantedVlanGateway {
  readonly bridge: string;
  /** The attachment's own, whose port is in the VLAN. */
  readonly pair: VethPair;
  readonly vid: number;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
}

/**
 * A pair of links on the host: `<bridge>.<vid>`, which bears the gateway's addresses, and its peer,
 * a port of the bridge in that VLAN. Shared by all ports of the VLAN, so DEL leaves it.
 */
export const vlanGateway: Kind<WantedVlanGateway, VlanGateway> = {
  name: "VLAN gateway",
  want: ({ namespaces }, wanted) => new VlanGateway(namespaces, wanted),
};

/** The gateway of one attachment's VLAN. */
export class VlanGateway implements Piece {
  readonly name = "VLAN gateway";
  /** `<bridge>.<vid>` as the Go plugin has it, or a name made of both where that is too long. */
  readonly linkName: string;
  readonly #namespaces: Namespaces;
  readonly #wanted: WantedVlanGateway;

  constructor(namespaces: Namespaces, wanted: WantedVlanGateway) {
    this.#namespaces = namespaces;
    this.#wanted = wanted;
    this.linkName = gatewayName(wanted);
  }

  describe(): string {
    return `${this.linkName} on the host, in VLAN ${this.#wanted.vid}`;
  }

  compare(): Standing {
    const gateway = this.#namespaces.hostLinks.get({ name: this.linkName });
    if (gateway === undefined) return made();
    const { index } = this.link();
    return this.#isInPlace(index) ? stays("it exists") : changed("it exists, and leads elsewhere");
  }

  apply(rollback: Rollback): void {
    const { hostLinks } = this.#namespaces;
    const mac = randomMac().toString();
    rollback.defer(() => this.#takeBack(mac));
    const isNew = this.#create(mac);
    const { index, linkIndex } = this.link();
    const changed = ignoreAdvertisements(this.linkName);
    if (changed !== undefined && !isNew) {
      rollback.defer(() => {
        if (this.isShared(this.#wanted.pair.indexes().host)) return;
        setBestEffort(changed.key, changed.before);
      });
    }
    if (!isNew && this.#isInPlace(index)) return;
    this.#join(linkIndex);
    hostLinks.set(index, { up: true });
  }

  restore(): void {
    this.apply(kept);
  }

  check(): void {
    const gateway = this.#namespaces.hostLinks.get({ name: this.linkName });
    if (gateway === undefined) throw differs(`${this.linkName} is missing on the host`);
    if (this.#isInPlace(gateway.index)) return;
    const { bridge, vid } = this.#wanted;
    throw differs(`${gateway.name} does not lead to VLAN ${vid} of bridge ${bridge}`);
  }

  /**
   * The link with the gateway's addresses.
   * @throws CniError of code 7 when it vanished, or the name belongs to another link
   */
  link(): link.Link & { readonly linkIndex: number } {
    const name = this.linkName;
    const found = this.#namespaces.hostLinks.get({ name });
    if (found?.kind === "veth" && found.linkIndex !== undefined) {
      return { ...found, linkIndex: found.linkIndex };
    }
    const why = found === undefined ? "vanished" : `is no veth but ${found.kind ?? "a device"}`;
    throw invalidConfig(
      `${name} ${why}`,
      `it is the gateway of VLAN ${this.#wanted.vid}; rename the other link`,
    );
  }

  /** Whether ports of the bridge, beside its own and the one given, are in the VLAN. */
  isShared(except: number): boolean {
    const { bridge, vid } = this.#wanted;
    const { hostLinks } = this.#namespaces;
    const bridgeLink = hostLinks.get({ name: bridge });
    if (bridgeLink === undefined) return false;
    const own = hostLinks.get({ name: this.linkName })?.linkIndex;
    const others = hostLinks
      .list({ master: bridgeLink.index })
      .filter(({ index }) => index !== own && index !== except);
    const inVlan = vlan
      .list(this.#namespaces.host)
      .filter(({ ranges }) => ranges.some(({ first, last }) => first <= vid && vid <= last));
    return others.some(({ index }) => inVlan.some((table) => table.index === index));
  }

  /** The MAC is random, so the link that has it is the one that this ADD has made. */
  #takeBack(mac: string): void {
    const { hostLinks } = this.#namespaces;
    const made = hostLinks.get({ name: this.linkName });
    if (made?.address !== mac || this.isShared(this.#wanted.pair.indexes().host)) return;
    hostLinks.delete(made.index);
  }

  /** False when it exists already, perhaps as another ADD has just made it. */
  #create(mac: string): boolean {
    const { hostLinks } = this.#namespaces;
    const size = this.#wanted.mtu === 0 ? {} : { mtu: this.#wanted.mtu };
    for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
      const name = peerName(this.#wanted, attempt);
      const peer = { name, address: randomMac().toString(), ...size };
      const spec = { name: this.linkName, kind: "veth", address: mac, ...size, peer };
      if (ignoring([Errno.EEXIST], () => hostLinks.add(spec))) return true;
      // Otherwise another link has the peer's name, which nothing else depends on.
      if (hostLinks.get({ name: this.linkName }) !== undefined) return false;
    }
    throw tryAgain(`no free name for the port of ${this.linkName}`, {
      details: `${NAME_ATTEMPTS} names are taken, ${peerName(this.#wanted)} first`,
    });
  }

  #join(peer: number): void {
    const { host, hostLinks } = this.#namespaces;
    const { bridge, vid } = this.#wanted;
    const bridgeLink = hostLinks.get({ name: bridge });
    if (bridgeLink === undefined) throw differs(`bridge ${bridge} is missing on the host`);
    hostLinks.set(peer, { master: bridgeLink.index });
    const others = vlansOf(this.#namespaces, peer).filter(
      ({ first, last }) => first !== vid || last !== vid,
    );
    if (others.length > 0) vlan.delete(host, { index: peer }, others);
    vlan.add(host, { index: peer }, [{ first: vid, last: vid, pvid: true, untagged: true }]);
    hostLinks.set(peer, { up: true });
  }

  #isInPlace(index: number): boolean {
    const { bridge, vid } = this.#wanted;
    const { hostLinks } = this.#namespaces;
    const own = hostLinks.get({ index });
    if (own?.linkIndex === undefined || !own.up) return false;
    const peer = hostLinks.get({ index: own.linkIndex });
    const bridgeLink = hostLinks.get({ name: bridge });
    if (peer?.up !== true || bridgeLink === undefined) return false;
    if (peer.master !== bridgeLink.index) return false;
    return vlansOf(this.#namespaces, peer.index).some(
      ({ first, last, pvid }) => pvid === true && first === vid && last === vid,
    );
  }
}

function gatewayName({ bridge, vid }: WantedVlanGateway): string {
  const name = `${bridge}.${vid}`;
  const bytes = new TextEncoder().encode(name).length;
  return bytes <= NAME_MAX ? name : `br${hexDigest("sha256", bridge).slice(0, 8)}.${vid}`;
}

function peerName({ bridge, vid }: WantedVlanGateway, attempt = 0): string {
  const more = attempt === 0 ? "" : `\0${attempt}`;
  return `veth${hexDigest("sha256", `${bridge}\0${vid}${more}`).slice(0, 8)}`;
}
