import { hindranceTests } from "./hindrance-tests.ts";

/** A part of what is in the way: see hindrance-tests.ts. */
hindranceTests(
  "bridge",
  "host-device",
  "ipvlan",
  "loopback",
  "macvlan",
  "ptp",
  "tap",
  "vlan",
  "dummy",
);
