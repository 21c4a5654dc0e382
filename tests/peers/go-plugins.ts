/** What is pinned of the reference plugins: changing the version is one line. */
export const GO_MODULE = "github.com/containernetworking/plugins";
export const GO_VERSION = "v1.9.1";

/** Where each plugin that the tests use lives in the module. */
export const GO_PACKAGES: readonly string[] = [
  "plugins/main/bridge",
  "plugins/main/loopback",
  "plugins/ipam/host-local",
  "plugins/meta/firewall",
  "plugins/meta/portmap",
  "plugins/meta/tuning",
];
