import { link, qdisc } from "../../../kernel/route/index.ts";
import { Errno, isKernelError, type KernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Piece } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

const LOOPBACK = 1;
const PROBE = "bwpprobe";
/** Less than any link takes, so that the kernel refuses it once it has found the kind. */
const NO_MTU = 0xffffffff;

/** For STATUS: what any limit needs of the kernel. */
export function kernelSupport(namespaces: Namespaces): Piece {
  return {
    name: "kernel support",
    describe: () => undefined,
    ready: () => verifyKernel(namespaces),
  };
}

/**
 * Whether the kernel has ifb devices and token buckets, which it may load. It is asked for such as
 * cannot be: nothing is made, and the refusal tells whether the kind is known.
 * @throws CniError of code 50.
 */
export function verifyKernel({ host }: Pick<Namespaces, "host">): void {
  const device = refusalOf(() => {
    const index = link.add(host, { name: PROBE, kind: "ifb", mtu: NO_MTU });
    link.delete(host, index); // kernels before 5.5 do not look at the MTU
  });
  if (device?.errno === Errno.EOPNOTSUPP) throw missing("ifb devices (CONFIG_IFB)", device);
  const bucket = refusalOf(() => {
    qdisc.add(host, { index: LOOPBACK, parent: qdisc.TC_H_ROOT, kind: "tbf" });
  });
  if (bucket?.errno === Errno.ENOENT) throw missing("tbf (CONFIG_NET_SCH_TBF)", bucket);
  for (const refusal of [device, bucket]) {
    if (refusal?.errno === Errno.EPERM) {
      throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, "traffic cannot be limited", {
        details: "the plugin needs CAP_NET_ADMIN",
        cause: refusal,
      });
    }
  }
}

function refusalOf(action: () => unknown): KernelError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isKernelError(error)) return error;
    throw error;
  }
}

function missing(what: string, cause: KernelError): CniError {
  return new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, `the kernel has no ${what}`, {
    details: cause.message,
    cause,
  });
}
