/** The bridge of a configuration of the plugin `bridge` that names none. */
export const DEFAULT_BRIDGE = "cni0";
