import type { Prefix } from "../../../addr/index.ts";
import { address } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** The addresses by which a bridge is its containers' gateway. */
export interface BridgeGateway {
  readonly namespaces: Namespaces;
  /** The link that has them: the bridge, or the gateway of a VLAN of it. */
  readonly link: string;
  /** Its index, as the step that made it knows it. */
  readonly index: () => number;
  /** Gateway addresses with the length of their subnets; known once IPAM has spoken. */
  readonly gateways: () => readonly Prefix[];
  /** Takes other addresses away instead of refusing. */
  readonly force: boolean;
  /** Whether other attachments rely on the addresses. */
  readonly isShared: () => boolean;
}

/** Gateway addresses of the bridge; shared by all its ports, so DEL leaves them. */
export class BridgeGatewayStep implements Step {
  readonly name = "gateway";
  readonly #gateway: BridgeGateway;

  constructor(gateway: BridgeGateway) {
    this.#gateway = gateway;
  }

  describe(): string {
    const { link: name, gateways } = this.#gateway;
    const list = gateways().map(String);
    return `${list.length === 0 ? "the gateway's address" : list.join(", ")} on ${name}`;
  }

  apply(): Revert | undefined {
    const { namespaces, isShared } = this.#gateway;
    const bridge = this.#gateway.index();
    const done: Changes = { made: [], removed: [] };
    const revert = (): void => {
      if (isShared()) return;
      for (const prefix of done.made) removeIfThere(namespaces, bridge, prefix);
      for (const prefix of done.removed) addIfMissing(namespaces, bridge, prefix);
    };
    try {
      for (const prefix of this.#gateway.gateways()) this.#ensure(bridge, prefix, done);
    } catch (error) {
      throw afterCleanup(error, revert);
    }
    return done.made.length === 0 ? undefined : revert;
  }

  check(): void {
    const { namespaces, link: name, gateways } = this.#gateway;
    const present = address.list(namespaces.host, { index: this.#index() });
    for (const wanted of gateways()) {
      if (!present.some(({ prefix }) => prefix.equals(wanted))) {
        throw differs(`gateway address ${wanted.toString()} is missing on ${name}`);
      }
    }
  }

  undo(): void {}

  #index(): number {
    const { namespaces, link: name } = this.#gateway;
    const found = namespaces.hostLinks.get({ name });
    if (found === undefined) throw differs(`${name} is missing on the host`);
    return found.index;
  }

  /** Notes each change before it is made: the kernel's answer may be lost. */
  #ensure(bridge: number, wanted: Prefix, done: Changes): void {
    const { namespaces, force } = this.#gateway;
    const present = address.list(namespaces.host, { index: bridge, family: wanted.ip.family });
    if (present.some(({ prefix }) => prefix.equals(wanted))) return;
    for (const other of present.filter((each) => conflicts(each, wanted))) {
      if (!force) throw this.#conflict(wanted, other.prefix);
      done.removed.push(other.prefix);
      removeIfThere(namespaces, bridge, other.prefix);
    }
    done.made.push(wanted);
    if (!addIfMissing(namespaces, bridge, wanted)) done.made.pop(); // another ADD was quicker
  }

  #conflict(wanted: Prefix, other: Prefix): CniError {
    const name = JSON.stringify(this.#gateway.link);
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

/** What a failed ADD has to take back. */
interface Changes {
  readonly made: Prefix[];
  readonly removed: Prefix[];
}

/** False when the address is there already. */
function addIfMissing(namespaces: Namespaces, index: number, prefix: Prefix): boolean {
  try {
    address.add(namespaces.host, { index, prefix, nodad: true });
    return true;
  } catch (error) {
    if (isKernelError(error, Errno.EEXIST)) return false;
    throw error;
  }
}

function removeIfThere(namespaces: Namespaces, index: number, prefix: Prefix): void {
  try {
    address.delete(namespaces.host, { index, prefix });
  } catch (error) {
    if (!isKernelError(error, Errno.EADDRNOTAVAIL, Errno.ENODEV)) throw error;
  }
}
