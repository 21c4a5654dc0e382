import type { Prefix } from "../../../addr/index.ts";
import { address, type RouteSocket } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Kind, type Piece, type Rollback } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { VethPair } from "../../../state/veth/index.ts";
import { type BridgeLink, hasPorts } from "./link.ts";
import type { VlanGateway } from "./vlan-gateway.ts";

/** The addresses by which a bridge is its containers' gateway. */
interface WantedGateway {
  readonly bridge: BridgeLink;
  readonly pair: VethPair;
  /** The link that has the addresses in place of the bridge: the gateway of a VLAN of it. */
  readonly ofVlan: VlanGateway | undefined;
  /** Gateway addresses with the length of their subnets; known once IPAM has spoken. */
  readonly gateways: () => readonly Prefix[];
  /** Takes other addresses away instead of refusing. */
  readonly force: boolean;
}

/** Gateway addresses of the bridge; shared by all its ports, so DEL leaves them. */
export const gatewayAddresses: Kind<WantedGateway> = {
  name: "gateway",
  want: ({ namespaces }, wanted) => new GatewayAddresses(namespaces, wanted),
};

class GatewayAddresses implements Piece {
  readonly name = "gateway";
  readonly #namespaces: Namespaces;
  readonly #wanted: WantedGateway;

  constructor(namespaces: Namespaces, wanted: WantedGateway) {
    this.#namespaces = namespaces;
    this.#wanted = wanted;
  }

  describe(): string {
    const list = this.#wanted.gateways().map(String);
    return `${list.length === 0 ? "the gateway's address" : list.join(", ")} on ${this.#linkName}`;
  }

  apply(rollback: Rollback): void {
    const { bridge, ofVlan, gateways } = this.#wanted;
    const index = ofVlan?.link().index ?? bridge.index();
    for (const prefix of gateways()) this.#ensure(index, prefix, rollback);
  }

  check(): void {
    const name = this.#linkName;
    const found = this.#namespaces.hostLinks.get({ name });
    if (found === undefined) throw differs(`${name} is missing on the host`);
    const present = address.list(this.#namespaces.host, { index: found.index });
    for (const wanted of this.#wanted.gateways()) {
      if (!present.some(({ prefix }) => prefix.equals(wanted))) {
        throw differs(`gateway address ${wanted.toString()} is missing on ${name}`);
      }
    }
  }

  #ensure(index: number, wanted: Prefix, rollback: Rollback): void {
    const { host } = this.#namespaces;
    const present = address.list(host, { index, family: wanted.ip.family });
    if (present.some(({ prefix }) => prefix.equals(wanted))) return;
    for (const { prefix: other } of present.filter((each) => conflicts(each, wanted))) {
      if (!this.#wanted.force) throw this.#conflict(wanted, other);
      rollback.defer(() => {
        if (!this.#isShared()) addIfMissing(host, index, other);
      });
      removeIfThere(host, index, other);
    }
    let isMade = true; // also when the kernel's answer is lost; not when another ADD was quicker
    rollback.defer(() => {
      if (isMade && !this.#isShared()) removeIfThere(host, index, wanted);
    });
    isMade = addIfMissing(host, index, wanted);
  }

  /** Whether other attachments rely on the addresses. */
  #isShared(): boolean {
    const { bridge, pair, ofVlan } = this.#wanted;
    const own = pair.indexes().host;
    if (ofVlan !== undefined) return ofVlan.isShared(own);
    const found = this.#namespaces.hostLinks.get({ name: bridge.wantedName });
    return found !== undefined && hasPorts(this.#namespaces, found.index, own);
  }

  get #linkName(): string {
    return this.#wanted.ofVlan?.linkName ?? this.#wanted.bridge.wantedName;
  }

  #conflict(wanted: Prefix, other: Prefix): CniError {
    const name = JSON.stringify(this.#linkName);
    return new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `failed to set bridge addr: ${name} already has an IP address different from ${wanted.toString()}`,
      {
        details:
          `it has ${other.toString()}, perhaps from another network with the same "bridge"; ` +
          'remove that address or set "forceAddress"',
      },
    );
  }
}

/** IPv4: any other address. IPv6: one of an overlapping subnet, as a link has several by nature. */
function conflicts(existing: address.Address, wanted: Prefix): boolean {
  return wanted.ip.family === 4 || existing.prefix.overlaps(wanted);
}

/** False when the address is there already. */
function addIfMissing(host: RouteSocket, index: number, prefix: Prefix): boolean {
  try {
    address.add(host, { index, prefix, nodad: true });
    return true;
  } catch (error) {
    if (isKernelError(error, Errno.EEXIST)) return false;
    throw error;
  }
}

function removeIfThere(host: RouteSocket, index: number, prefix: Prefix): void {
  try {
    address.delete(host, { index, prefix });
  } catch (error) {
    if (!isKernelError(error, Errno.EADDRNOTAVAIL, Errno.ENODEV)) throw error;
  }
}
