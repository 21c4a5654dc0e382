import type { Env } from "./env.ts";

/** Where network configurations lie unless NETCONFPATH or an option says otherwise. */
export const DEFAULT_CONF_DIR = "/etc/cni/net.d";

/** The directory of network configurations, as cnitool takes it from the environment. */
export function confDirOf(env: Env): string {
  return env["NETCONFPATH"] || DEFAULT_CONF_DIR;
}
