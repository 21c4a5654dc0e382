import { damageTests } from "./damage-tests.ts";

/** The chained plugins; the others are in damaged-links. */
damageTests(["bandwidth", "firewall", "portmap", "sbr", "tuning", "vrf"]);
