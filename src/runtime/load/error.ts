import { CniError, ErrorCode } from "../../spec/index.ts";

/** A file that was passed over, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly error: Error;
}

/**
 * No file in a directory configures the network that was asked for. Code 7.
 *
 * @example
 * ```ts
 * import { loadNetwork } from "hawser/runtime";
 *
 * loadNetwork("/etc/cni/net.d", "dbnet"); // throws NetworkNotFoundError 7: no net configuration with name "dbnet"
 * ```
 */
export class NetworkNotFoundError extends CniError {
  override name = "NetworkNotFoundError";
  /** Where it was searched. */
  readonly dir: string;
  /** The name that was asked for. */
  readonly network: string;
  /** Files that could not be used; one of them may be the network's. */
  readonly skipped: readonly SkippedFile[];
  /** The names of the networks that are there. */
  readonly networks: readonly string[];

  constructor(
    dir: string,
    network: string,
    skipped: readonly SkippedFile[],
    networks: readonly string[] = [],
  ) {
    const msg = `no net configuration with name ${JSON.stringify(network)} in ${dir}`;
    super(ErrorCode.INVALID_NETWORK_CONFIG, msg, skippedDetails(skipped));
    this.dir = dir;
    this.network = network;
    this.skipped = skipped;
    this.networks = networks;
  }
}

/**
 * A directory holds no network configuration at all. Code 7.
 *
 * @example
 * ```ts
 * import { loadNetwork } from "hawser/runtime";
 *
 * loadNetwork("/etc/cni/empty.d", "dbnet"); // throws NoNetworksError 7: no net configurations found in /etc/cni/empty.d
 * ```
 */
export class NoNetworksError extends CniError {
  override name = "NoNetworksError";
  /** The directory; it may be missing. */
  readonly dir: string;

  constructor(dir: string) {
    super(ErrorCode.INVALID_NETWORK_CONFIG, `no net configurations found in ${dir}`);
    this.dir = dir;
  }
}

function skippedDetails(skipped: readonly SkippedFile[]): { details?: string } {
  if (skipped.length === 0) return {};
  const list = skipped.map(({ file, error }) => inFileOnce(file, error.message)).join("; ");
  return { details: `these files could not be used: ${list}` };
}

/** Most messages name their file themselves. */
function inFileOnce(file: string, message: string): string {
  return message.includes(file) ? message : `${file}: ${message}`;
}
