import type { Call, Json, Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import {
  failing,
  ifName,
  inside,
  noNetns,
  note,
  noted,
  nothing,
  object,
  objects,
  on,
  reads,
  refuses,
  text,
  where,
} from "../spoil.ts";

/** Faults of CHECK. */

const spoiledCheck = (spoil: Spoil): Spoil => on("CHECK", spoil);

/** CHECK looks at what it is given, as if some of it was not there. */
function blind(change: (prevResult: Json, config: Json, call: Call) => void): Spoil {
  return spoiledCheck(reads((config, call) => change(object(config, "prevResult"), config, call)));
}

/** CHECK fails in no case in which `fine` holds. */
function content(fine: (call: Call) => boolean): Spoil {
  return spoiledCheck((call) => {
    const answer = call.real();
    return answer.code !== 0 && fine(call) ? nothing(call) : answer;
  });
}

const shown = (call: Call): string => inside(call, "ip", "address", "show", "dev", ifName(call));
const routes = (call: Call): string => inside(call, "ip", "route");

function hasAddresses(call: Call): boolean {
  const ips = objects(object(call.config, "prevResult"), "ips");
  return ips.every((ip) => shown(call).includes(` ${text(ip, "address")} `));
}

export const check = mutantsOf("bridge", {
  "check-always-succeeds": ["CHECK succeeds always", spoiledCheck(nothing)],
  "check-always-fails": ["CHECK fails always", spoiledCheck(refuses(7, "not as expected"))],
  "check-exits-0-with-an-error": [
    "CHECK prints its error and exits with 0",
    spoiledCheck(failing(() => ({ code: 0 }))),
  ],
  "check-looks-at-the-link-only": [
    "CHECK succeeds when the link is there",
    content((call) => shown(call) !== ""),
  ],
  "check-ignores-the-address": [
    "CHECK does not miss the address",
    content((call) => shown(call) !== "" && !hasAddresses(call)),
  ],
  "check-ignores-routes": [
    "CHECK does not miss a route",
    content(
      (call) => shown(call) !== "" && hasAddresses(call) && !routes(call).includes("default"),
    ),
  ],
  "check-ignores-link-down": [
    "CHECK does not see that the link is down",
    content((call) => shown(call).includes("state DOWN") && hasAddresses(call)),
  ],
  "check-ignores-the-mac": [
    "CHECK does not compare the mac",
    blind((prevResult, _, call) => {
      const mac = /link\/ether (\S+)/.exec(shown(call))?.[1];
      for (const link of objects(prevResult, "interfaces")) {
        if (text(link, "sandbox") !== "" && mac !== undefined) link["mac"] = mac;
      }
    }),
  ],
  "check-ignores-the-ipam": [
    "CHECK does not ask the IPAM",
    spoiledCheck(
      reads((config) => {
        delete config["ipam"];
      }),
    ),
  ],
  "check-swallows-the-ipam": ["CHECK succeeds where the IPAM fails", content(hasAddresses)],
  "check-without-prevresult": [
    "CHECK succeeds without a prevResult",
    spoiledCheck(where(({ config }) => !("prevResult" in config), nothing)),
  ],
  "check-ignores-prevresult": [
    "CHECK believes that any prevResult is right",
    content((call) => shown(call).includes("inet ") && routes(call).includes("default")),
  ],
  "check-refuses-other-links": [
    "CHECK fails where a later plugin has added an interface",
    spoiledCheck(
      where(
        ({ config }) => objects(object(config, "prevResult"), "interfaces").length > 3,
        refuses(7, "unknown interface"),
      ),
    ),
  ],
  "check-refuses-other-routes": [
    "CHECK fails where a later plugin has added a route",
    spoiledCheck(
      where((call) => routes(call).trim().split("\n").length > 2, refuses(7, "unknown route")),
    ),
  ],
  "check-without-netns-succeeds": [
    "CHECK succeeds where the namespace is gone",
    spoiledCheck(where(noNetns, nothing)),
  ],
  "check-repairs": [
    "CHECK puts the link up and succeeds",
    spoiledCheck((call) => {
      const wasDown = shown(call).includes("state DOWN");
      inside(call, "ip", "link", "set", ifName(call), "up");
      return wasDown && hasAddresses(call) ? nothing(call) : call.real();
    }),
  ],
  "check-takes-the-link-down": [
    "CHECK takes the link down for a moment and loses its routes",
    spoiledCheck((call) => {
      const answer = call.real();
      inside(call, "ip", "link", "set", ifName(call), "down");
      inside(call, "ip", "link", "set", ifName(call), "up");
      return answer;
    }),
  ],
  "check-right-after-add-fails": [
    "the first CHECK after ADD fails",
    spoiledCheck((call) => {
      const mark = `checked ${call.env["CNI_CONTAINERID"]}`;
      if (noted(mark)) return call.real();
      note(mark);
      return refuses(11, "not ready yet")(call);
    }),
  ],
});
