import { CniError, ErrorCode } from "../../spec/index.ts";

/** A file that was passed over, and why. */
export interface SkippedFile {
  readonly file: string;
  readonly error: Error;
}

/** No file in a directory configures the network that was asked for. */
export class NetworkNotFoundError extends CniError {
  override name = "NetworkNotFoundError";
  readonly dir: string;
  readonly network: string;
  readonly skipped: readonly SkippedFile[];

  constructor(dir: string, network: string, skipped: readonly SkippedFile[]) {
    const msg = `no net configuration with name ${JSON.stringify(network)} in ${dir}`;
    super(ErrorCode.INVALID_NETWORK_CONFIG, msg, skippedDetails(skipped));
    this.dir = dir;
    this.network = network;
    this.skipped = skipped;
  }
}

/** A directory holds no network configuration at all. */
export class NoNetworksError extends CniError {
  override name = "NoNetworksError";
  readonly dir: string;

  constructor(dir: string) {
    super(ErrorCode.INVALID_NETWORK_CONFIG, `no net configurations found in ${dir}`);
    this.dir = dir;
  }
}

function skippedDetails(skipped: readonly SkippedFile[]): { details?: string } {
  if (skipped.length === 0) {
    return {};
  }
  const list = skipped.map(({ file, error }) => `${file}: ${error.message}`).join("; ");
  return { details: `these files could not be used: ${list}` };
}
