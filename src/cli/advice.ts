import { PluginFailure } from "../invoke/index.ts";
import { ChainError, NetworkNotFoundError, NoNetworksError } from "../runtime/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import { suggestion } from "./suggest.ts";

/** What to do about an error, where the thrower knows; undefined where nothing helps for certain. */
export function advice(error: CniError): string | undefined {
  return ofThrower(error) ?? ofNetwork(error) ?? ofPlugin(error);
}

/** The advice of the error itself, or of what led to it. */
function ofThrower(error: CniError): string | undefined {
  let link: unknown = error;
  for (let depth = 0; depth < 32 && link instanceof Error; depth++) {
    if (link instanceof CniError && link.advice !== undefined) return link.advice;
    link = link.cause;
  }
  return undefined;
}

function ofNetwork(error: CniError): string | undefined {
  const elsewhere =
    "name another directory by --conf-dir or NETCONFPATH, " +
    "or the configuration file itself by a path with a slash";
  if (error instanceof NoNetworksError) return elsewhere;
  if (!(error instanceof NetworkNotFoundError)) return undefined;
  const { network, networks } = error;
  return networks.length === 0 ? elsewhere : `${suggestion(network, networks)}; or ${elsewhere}`;
}

/**
 * A plugin hands over a code, a message and details. Where it gives details they say what to do; its
 * number alone does so only where the specification ties a meaning to it that nothing can contradict.
 */
function ofPlugin(error: CniError): string | undefined {
  const failure = error instanceof ChainError ? error.failure : error;
  if (!(failure instanceof PluginFailure)) return undefined;
  if (failure.timedOut) return "try again with a longer --timeout";
  if (failure.aborted) return "what was begun is taken back; run del to be sure";
  if (failure.code === ErrorCode.INCOMPATIBLE_CNI_VERSION) {
    return "choose a cniVersion that all plugins support: `hawser version NETWORK` tells theirs";
  }
  if (failure.code === ErrorCode.INVALID_NETWORK_CONFIG) {
    return "correct the network's configuration";
  }
  if (failure.code === ErrorCode.INVALID_NETNS) {
    return "name the container's own namespace, not the host's";
  }
  if (failure.details !== undefined) return undefined;
  if (failure.code === ErrorCode.TRY_AGAIN_LATER) return "try again in a moment";
  return failure.code === ErrorCode.UNKNOWN
    ? "the plugin gave no reason: look at what it wrote to stderr"
    : undefined;
}
