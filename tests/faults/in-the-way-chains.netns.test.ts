import { hindranceTests } from "./hindrance-tests.ts";

/** A part of what is in the way: see hindrance-tests.ts. dhcp, which waits for servers, has its own. */
hindranceTests(
  "host-local",
  "cluster",
  "static",
  "bandwidth",
  "firewall",
  "portmap",
  "sbr",
  "tuning",
  "vrf",
);
