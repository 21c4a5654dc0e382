import { PluginFailure } from "../invoke/index.ts";
import {
  AlreadyAttachedError,
  ChainError,
  CheckNotSupportedError,
  NetworkNotFoundError,
  NoNetworksError,
} from "../runtime/index.ts";
import { type CniError, ErrorCode } from "../spec/index.ts";

/** What to do about an error, by the code that it bears; undefined where nothing helps for certain. */
export function advice(error: CniError): string | undefined {
  return adviceByType(error) ?? adviceByFailure(error) ?? ADVICE[error.code];
}

function adviceByType(error: CniError): string | undefined {
  if (error instanceof NetworkNotFoundError || error instanceof NoNetworksError) {
    return (
      "name another directory by --conf-dir or NETCONFPATH, " +
      "or the configuration file itself by a path with a slash"
    );
  }
  if (error instanceof AlreadyAttachedError) {
    return "run del first, or attach the container under another --ifname";
  }
  if (error instanceof CheckNotSupportedError) {
    return 'write "cniVersion": "1.0.0" or later into the network\'s configuration';
  }
  return undefined;
}

function adviceByFailure(error: CniError): string | undefined {
  const failure = error instanceof ChainError ? error.failure : error;
  if (!(failure instanceof PluginFailure)) return undefined;
  if (failure.timedOut) return "try again with a longer --timeout";
  if (failure.aborted) return "what was begun is taken back; run del to be sure";
  return undefined;
}

const ADVICE: Readonly<Record<number, string>> = {
  [ErrorCode.UNKNOWN]: "the plugin gave no reason: look at what it wrote to stderr",
  [ErrorCode.INCOMPATIBLE_CNI_VERSION]:
    "choose a cniVersion that all plugins support: `hawser version NETWORK` tells theirs",
  [ErrorCode.UNSUPPORTED_FIELD]: "remove the key from the network's configuration",
  [ErrorCode.UNKNOWN_CONTAINER]: "name the container by --id; nothing has to be cleaned up",
  [ErrorCode.INVALID_ENVIRONMENT_VARIABLES]:
    "correct the option or the environment variable that is named",
  [ErrorCode.IO_FAILURE]:
    "look at the file or directory that is named: does it exist, is it writable?",
  [ErrorCode.DECODING_FAILURE]: "correct the JSON that is named",
  [ErrorCode.INVALID_NETWORK_CONFIG]: "correct the network's configuration",
  [ErrorCode.INVALID_NETNS]: "name the container's own namespace, not the host's",
  [ErrorCode.TRY_AGAIN_LATER]: "try again in a moment",
  [ErrorCode.PLUGIN_NOT_AVAILABLE]:
    "install the plugin, or name its directory by --plugin-dir or CNI_PATH",
  [ErrorCode.LIMITED_CONNECTIVITY]:
    "containers that are attached may be cut off, too: look at the host",
};
