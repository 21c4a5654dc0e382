import { link } from "../../kernel/route/index.ts";
import { Errno, isKernelError, type KernelError } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { tryAgain } from "../try-again.ts";
import { kernelHas, kindMissing, type VirtualLinkKind } from "./kernel-kind.ts";

/** What the kernel refused. */
export interface Refused {
  readonly namespaces: Namespaces;
  readonly kind: VirtualLinkKind;
  readonly vlanId: number | undefined;
  readonly parent: link.Link | undefined;
  /** The parent is on the host. */
  readonly onHost: boolean;
}

/** The error of a link that could not be made, in the words of the configuration. */
export function explain(refused: Refused, error: unknown): unknown {
  const { namespaces, kind, parent, onHost } = refused;
  if (error instanceof CniError || !isKernelError(error)) return error;
  if (
    error.errno === Errno.EOPNOTSUPP &&
    !kernelHas(onHost ? namespaces.host : namespaces.container, kind)
  ) {
    return kindMissing(kind, error);
  }
  const name = JSON.stringify(parent?.name ?? "");
  if (kind === "vlan" && error.errno === Errno.EEXIST) return vlanTaken(refused, name, error);
  if (error.errno === Errno.EBUSY || isShared(refused, error)) {
    const details =
      "it is a port of a bridge, or has links that go with no others, as macvlan's passthru";
    return tryAgain(`master ${name} cannot have a ${kind} link now`, { details, cause: error });
  }
  const on = parent === undefined ? "" : ` on ${name}`;
  const isOfConfig = isKernelError(error, Errno.EINVAL, Errno.EADDRNOTAVAIL, Errno.ERANGE);
  const code = isOfConfig ? ErrorCode.INVALID_NETWORK_CONFIG : CniError.from(error).code;
  return new CniError(code, `failed to create ${kind}${on}: ${error.message}`, {
    cause: error,
  });
}

/**
 * A macvlan link for which, or for another one, the master had to be there alone. The kernel says
 * EINVAL without a word for that; what is wrong with a value it explains.
 */
function isShared({ kind, parent }: Refused, error: KernelError): boolean {
  const isEthernet = parent?.hardwareType === link.ARPHRD_ETHER;
  const isSilent = error.errno === Errno.EINVAL && error.extack === undefined;
  return kind === "macvlan" && isEthernet && isSilent;
}

/** A link has at most one VLAN link of an id. */
function vlanTaken(
  { namespaces, vlanId, parent, onHost }: Refused,
  name: string,
  cause: unknown,
): CniError {
  const socket = onHost ? namespaces.host : namespaces.container;
  const holder = link
    .list(socket, { kind: "vlan" })
    .find(({ vlan, linkIndex }) => vlan?.id === vlanId && linkIndex === parent?.index);
  const holderName = holder === undefined ? "a link of another namespace" : holder.name;
  const details = `${holderName} has it`;
  return tryAgain(`VLAN ID ${vlanId} of master ${name} is in use`, { details, cause });
}
