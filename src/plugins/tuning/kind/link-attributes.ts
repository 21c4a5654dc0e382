import { Mac } from "../../../addr/index.ts";
import { defined, errorText } from "../../../base/index.ts";
import { address, link, route } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { MTU_MIN_IPV6, mtuBelowIpv6 } from "../../../state/config/index.ts";
import {
  changed,
  differs,
  kept,
  made,
  ownLink,
  type Rollback,
  type Scene,
  type Standing,
  stays,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { Before, Originals } from "./content.ts";
import { followMtu, peerOnHost } from "./peer-mtu.ts";
import { type Tuned, throwAny } from "./tuned.ts";

/** What the container's interface should have; what is absent stays as it is. */
export interface Attributes {
  readonly mac?: Mac | undefined;
  /** In bytes. */
  readonly mtu?: number | undefined;
  readonly promisc?: boolean | undefined;
  readonly allmulti?: boolean | undefined;
  /** Length of the transmit queue, in packets. */
  readonly txQLen?: number | undefined;
}

/** Attributes of the container's interface. */
export class LinkAttributes implements Tuned {
  readonly name = "link attributes";
  readonly #scene: Scene;
  readonly #wanted: Attributes;
  #originals: Originals = {};
  #peer: link.Link | undefined;

  constructor(scene: Scene, wanted: Attributes) {
    this.#scene = scene;
    this.#wanted = wanted;
  }

  describe(): string {
    const changes = changesOf(this.#wanted).map(({ label, wanted }) => `${label} ${wanted}`);
    return `${this.#ifName} gets ${changes.join(", ")}`;
  }

  /** Most interfaces are made by a plugin before this one, so that there is nothing to compare with. */
  compare(): Standing {
    const { containerLinks } = this.#scene.namespaces;
    const current = containerLinks.get({ name: this.#ifName });
    if (current === undefined) return made();
    this.#verifyMtu(current);
    const before = changesOf(attributesOf(originalsOf(current, this.#wanted)));
    const other = changesOf(this.#wanted).filter(
      ({ label, wanted }) => !before.some((was) => was.label === label && was.wanted === wanted),
    );
    if (other.length === 0) return stays("it has them");
    const was = before.filter(({ label }) => other.some((each) => each.label === label));
    return changed(was.map(({ label, wanted }) => `${label} is ${wanted}`).join(", "));
  }

  before(): Partial<Before> {
    const current = this.#link();
    this.#verifyMtu(current);
    this.#originals = originalsOf(current, this.#wanted);
    this.#peer =
      this.#wanted.mtu === undefined ? undefined : peerOnHost(this.#scene.namespaces, current);
    const peerMtu = this.#peer?.mtu;
    return { attributes: this.#originals, index: current.index, ...defined({ peerMtu }) };
  }

  apply(rollback: Rollback): void {
    const current = this.#link();
    const { namespaces } = this.#scene;
    rollback.defer(() => throwAny(restoreAttributes(namespaces, this.#ifName, this.#originals)));
    for (const change of changesOf(this.#wanted)) set(namespaces, current, change);
    const { mtu } = this.#wanted;
    if (this.#peer !== undefined && mtu !== undefined) {
      followMtu(this.#scene, this.#peer, mtu, rollback);
    }
  }

  restore(): void {
    const current = this.#link();
    const { namespaces } = this.#scene;
    this.#verifyMtu(current);
    for (const change of changesOf(this.#wanted)) set(namespaces, current, change);
    const { mtu } = this.#wanted;
    const peer = mtu === undefined ? undefined : peerOnHost(namespaces, current);
    if (peer !== undefined && mtu !== undefined) followMtu(this.#scene, peer, mtu, kept);
  }

  /** The link of the host whose MTU follows that of the interface. */
  get peerName(): string | undefined {
    return this.#peer?.name;
  }

  check(): void {
    const { mac, mtu, promisc, allmulti, txQLen } = this.#wanted;
    const current = this.#link();
    const compare = <T extends string | number | boolean>(
      what: string,
      wanted: T | undefined,
      found: T | undefined,
    ): void => {
      if (wanted === undefined || wanted === found) return;
      throw differs(`${what} of ${this.#ifName} is ${String(found)}, should be ${String(wanted)}`);
    };
    compare("MAC", mac?.toString(), current.address);
    compare("MTU", mtu, current.mtu);
    compare("promiscuous mode", promisc, current.promiscuity > 0);
    compare("all-multicast mode", allmulti, hasFlag(current, link.IFF_ALLMULTI));
    compare("transmit queue length", txQLen, current.txqlen);
  }

  /** With an MTU below its least, the kernel takes IPv6 away, which no rollback could bring back. */
  #verifyMtu({ index }: link.Link): void {
    const { mtu = MTU_MIN_IPV6 } = this.#wanted;
    if (mtu >= MTU_MIN_IPV6) return;
    const where = ({ scope }: address.Address): boolean => scope < route.RT_SCOPE_LINK;
    const options = { index, family: 6, where } as const;
    const [lost] = address.list(this.#scene.namespaces.container, options);
    if (lost === undefined) return;
    throw mtuBelowIpv6(mtu, `${this.#ifName} would lose ${lost.prefix.toString()}`);
  }

  get #ifName(): string {
    return this.#scene.owner.ifName;
  }

  /** The interface as the kernel has it. */
  #link(): link.Link {
    return ownLink(
      this.#scene,
      `failed to get ${JSON.stringify(this.#ifName)}: it is missing in the container`,
      "CNI_IFNAME must name an interface that a plugin before this one has made",
    );
  }
}

/** One attribute on its way to the kernel. */
interface Change {
  readonly label: string;
  readonly wanted: string;
  readonly change: link.LinkChange;
}

/** In the order of the reference plugin. */
function changesOf({ mac, promisc, mtu, allmulti, txQLen }: Attributes): Change[] {
  const changes: Change[] = [];
  const add = (label: string, wanted: string, change: link.LinkChange): void => {
    changes.push({ label, wanted, change });
  };
  if (mac !== undefined) add("MAC", mac.toString(), { address: mac.toString() });
  if (promisc !== undefined) add("promiscuous mode", onOff(promisc), { promisc });
  if (mtu !== undefined) add("MTU", String(mtu), { mtu });
  if (allmulti !== undefined) add("all-multicast mode", onOff(allmulti), { allmulti });
  if (txQLen !== undefined) add("transmit queue length", String(txQLen), { txqlen: txQLen });
  return changes;
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

function set(namespaces: Namespaces, current: link.Link, { label, wanted, change }: Change): void {
  try {
    namespaces.containerLinks.set(current.index, change);
  } catch (cause) {
    const { EINVAL, ERANGE, EADDRNOTAVAIL, EOPNOTSUPP } = Errno;
    const isConfig = isKernelError(cause, EINVAL, ERANGE, EADDRNOTAVAIL, EOPNOTSUPP);
    throw new CniError(
      isConfig ? ErrorCode.INVALID_NETWORK_CONFIG : ErrorCode.IO_FAILURE,
      `failed to set ${label} of ${current.name} to ${wanted}: ${errorText(cause)}`,
      { cause },
    );
  }
}

/** For a plan: which of the originals the interface does not have now, in words. */
export function changedAttributes(
  namespaces: Namespaces,
  ifName: string,
  originals: Originals,
): string[] {
  const current = namespaces.containerLinks.get({ name: ifName });
  if (current === undefined) return [];
  const asked = attributesOf(originals);
  const now = changesOf(attributesOf(originalsOf(current, asked)));
  return changesOf(asked)
    .filter(({ label, wanted }) => !now.some((is) => is.label === label && is.wanted === wanted))
    .map(({ label, wanted }) => `${label} ${wanted} of ${ifName}`);
}

function attributesOf({ mac, ...rest }: Originals): Attributes {
  return { ...rest, mac: mac === undefined ? undefined : Mac.tryParse(mac) };
}

function originalsOf(current: link.Link, changed: Attributes): Originals {
  const { mac, promisc, mtu, allmulti, txQLen } = changed;
  return defined({
    mac: mac && current.address,
    promisc: promisc === undefined ? undefined : hasFlag(current, link.IFF_PROMISC),
    mtu: mtu === undefined ? undefined : current.mtu,
    allmulti: allmulti === undefined ? undefined : hasFlag(current, link.IFF_ALLMULTI),
    txQLen: txQLen === undefined ? undefined : current.txqlen,
  });
}

/** Gives what failed. An interface that is gone took its attributes along. */
export function restoreAttributes(
  namespaces: Namespaces,
  ifName: string,
  originals: Originals,
): string[] {
  const current = namespaces.containerLinks.get({ name: ifName });
  if (current === undefined) return [];
  const attributes = attributesOf(originals);
  const { mac } = originals;
  const isLost = mac !== undefined && attributes.mac === undefined;
  const failures: string[] = isLost ? [`no MAC: ${mac}`] : [];
  for (const change of changesOf(attributes)) {
    try {
      set(namespaces, current, change);
    } catch (error) {
      failures.push(`cannot restore: ${errorText(error)}`);
    }
  }
  return failures;
}

function hasFlag({ flags }: link.Link, flag: number): boolean {
  return (flags & flag) !== 0;
}
