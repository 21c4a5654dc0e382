import type { Json, Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import {
  failing,
  note,
  noted,
  nothing,
  on,
  prints,
  reads,
  refuses,
  sees,
  where,
} from "../spoil.ts";

/** Faults of GC. */

const VALID = "cni.dev/valid-attachments";

const spoiledGc = (spoil: Spoil): Spoil => on("GC", spoil);

/** GC reads another list of valid attachments. */
function valid(change: (list: readonly unknown[], config: Json) => unknown): Spoil {
  return spoiledGc(
    reads((config) => {
      const list = config[VALID];
      if (!Array.isArray(list)) return;
      config[VALID] = change(list, config);
      if ("cni.dev/attachments" in config) config["cni.dev/attachments"] = config[VALID];
    }),
  );
}

export const gc = mutantsOf("bridge", {
  "gc-does-nothing": ["GC does nothing", spoiledGc(nothing)],
  "gc-takes-all": ["GC takes what is valid too", valid(() => [])],
  "gc-takes-the-last-valid": [
    "GC takes the last of the valid attachments",
    valid((list) => list.slice(0, -1)),
  ],
  "gc-not-forwarded": [
    "GC does not call the IPAM",
    spoiledGc(
      reads((config) => {
        delete config["ipam"];
      }),
    ),
  ],
  "gc-fails": ["GC fails", spoiledGc(refuses(999, "out of order"))],
  "gc-unknown": ["GC is no operation", spoiledGc(refuses(4, "unknown CNI_COMMAND: GC"))],
  "gc-of-nothing-fails": [
    "GC with an empty list of valid attachments fails",
    spoiledGc(
      where(
        ({ config }) => Array.isArray(config[VALID]) && config[VALID].length === 0,
        refuses(7, "no attachments"),
      ),
    ),
  ],
  "gc-swallows-the-ipam": [
    "GC succeeds where the IPAM fails",
    spoiledGc(failing(() => ({ code: 0, stdout: "" }))),
  ],
  "gc-twice-fails": [
    "a second GC fails",
    spoiledGc((call) => {
      if (noted("collected")) return refuses(999, "nothing to do")(call);
      note("collected");
      return call.real();
    }),
  ],
  "gc-prints-a-result": [
    "GC prints a log line",
    spoiledGc((call) => ({ ...call.real(), ...prints("collected\n") })),
  ],
  "gc-needs-a-netns": [
    "GC asks for CNI_NETNS",
    spoiledGc(where(({ env }) => (env["CNI_NETNS"] ?? "") === "", refuses(4, "CNI_NETNS missing"))),
  ],
  "gc-ignores-the-ifname": [
    "GC takes a valid attachment's name for eth0 always",
    valid((list) => list.map((one) => ({ ...(one as Json), ifname: "eth0" }))),
  ],
  "gc-as-del": [
    "GC deletes by the environment's container",
    spoiledGc(
      sees((env) => {
        env["CNI_COMMAND"] = "DEL";
      }),
    ),
  ],
});
