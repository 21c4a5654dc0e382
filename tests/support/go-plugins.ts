import { REFERENCE_VERSION } from "../../src/state/index.ts";
import type { GoPrograms } from "./go-install.ts";

/** The reference plugins that the tests compare with: those whose behaviour is met. */
export const PLUGINS: GoPrograms = {
  module: "github.com/containernetworking/plugins",
  version: `v${REFERENCE_VERSION}`,
  packages: [
    "plugins/main/bridge",
    "plugins/main/dummy",
    "plugins/main/host-device",
    "plugins/main/ipvlan",
    "plugins/main/loopback",
    "plugins/main/macvlan",
    "plugins/main/ptp",
    "plugins/main/tap",
    "plugins/main/vlan",
    "plugins/ipam/dhcp",
    "plugins/ipam/host-local",
    "plugins/ipam/static",
    "plugins/meta/bandwidth",
    "plugins/meta/firewall",
    "plugins/meta/portmap",
    "plugins/meta/sbr",
    "plugins/meta/tuning",
    "plugins/meta/vrf",
  ],
  folder: "peers",
  versionVariable: "pkg/utils/buildversion.BuildVersion",
};
