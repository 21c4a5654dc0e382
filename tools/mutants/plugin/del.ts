import type { Call, Spoil } from "../call.ts";
import { isJson } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import {
  afterwards,
  ifName,
  inside,
  ipam,
  noNetns,
  note,
  noted,
  notes,
  nothing,
  object,
  objects,
  on,
  reads,
  refuses,
  run,
  text,
  where,
} from "../spoil.ts";

/** Faults of DEL. */

function spoiledDel(spoil: Spoil): Spoil {
  return on("DEL", spoil);
}

const noLink = (call: Call): boolean =>
  inside(call, "ip", "link", "show", "dev", ifName(call)) === "";

/** Links of the host that are ports of a bridge. */
function ports(): string[] {
  return run("ip", "-br", "link", "show", "type", "veth")
    .split("\n")
    .flatMap((line) => /^[^\s@]+/.exec(line) ?? []);
}

const ADDED = "added";

/** DEL of the IPAM for other attachments too, as far as they were added here. */
function givesBack(which: (containerId: string, call: Call) => boolean): Spoil {
  return (call) => {
    const { CNI_CONTAINERID: own = "" } = call.env;
    if (call.operation === "ADD") note(`${ADDED} ${own} ${ifName(call)}`);
    const answer = call.real();
    if (call.operation !== "DEL") return answer;
    for (const [added, containerId = "", name = ""] of notes().map((word) => word.split(" "))) {
      if (added !== ADDED || !which(containerId, call)) continue;
      ipam(call, { CNI_CONTAINERID: containerId, CNI_IFNAME: name });
    }
    return answer;
  };
}

export const del = mutantsOf("bridge", {
  "del-does-nothing": ["DEL does nothing", spoiledDel(nothing)],
  "del-leaves-link": [
    "DEL gives the address back and leaves the link",
    spoiledDel((call) => {
      ipam(call, {});
      return nothing(call);
    }),
  ],
  "del-leaves-reservation": [
    "DEL does not call the IPAM",
    spoiledDel(
      reads((config) => {
        delete config["ipam"];
      }),
    ),
  ],
  "del-leaves-reservation-without-netns": [
    "DEL without a namespace does not call the IPAM",
    spoiledDel(where(noNetns, nothing)),
  ],
  "del-leaves-reservation-without-link": [
    "DEL does not call the IPAM where the link is gone",
    spoiledDel(where((call) => !noNetns(call) && noLink(call), nothing)),
  ],
  "del-leaves-reservation-without-prevresult": [
    "DEL without a prevResult does nothing",
    spoiledDel(where(({ config }) => !("prevResult" in config), nothing)),
  ],
  "del-again-fails": [
    "DEL fails where the link is gone",
    spoiledDel(where((call) => !noNetns(call) && noLink(call), refuses(999, "link not found"))),
  ],
  "del-without-netns-fails": [
    "DEL fails where CNI_NETNS is empty",
    spoiledDel(
      where(({ env }) => (env["CNI_NETNS"] ?? "") === "", refuses(4, "CNI_NETNS missing")),
    ),
  ],
  "del-of-a-gone-netns-fails": [
    "DEL fails where CNI_NETNS leads nowhere",
    spoiledDel(
      where(
        (call) => (call.env["CNI_NETNS"] ?? "") !== "" && noNetns(call),
        refuses(8, "no such namespace"),
      ),
    ),
  ],
  "del-without-prevresult-fails": [
    "DEL without a prevResult fails",
    spoiledDel(
      where(({ config }) => !("prevResult" in config), refuses(7, "prevResult is missing")),
    ),
  ],
  "del-with-prevresult-fails": [
    "DEL with a prevResult fails",
    spoiledDel(
      where(
        ({ config }) => isJson(config["prevResult"]),
        refuses(2, "unsupported field prevResult"),
      ),
    ),
  ],
  "del-of-an-unknown-container-fails": [
    "DEL of what was never added fails",
    (call) => {
      const mark = `${ADDED} ${call.env["CNI_CONTAINERID"]} ${ifName(call)}`;
      if (call.operation === "ADD") note(mark);
      const unknown = call.operation === "DEL" && !noted(mark);
      return unknown ? refuses(3, "unknown container")(call) : call.real();
    },
  ],
  "del-takes-all-containers": [
    "DEL takes the links of all containers",
    spoiledDel(
      afterwards(() => {
        for (const name of ports()) run("ip", "link", "delete", name);
      }),
    ),
  ],
  "del-takes-the-bridge": [
    "DEL takes the bridge that other containers are on",
    spoiledDel(
      afterwards((call) => void run("ip", "link", "delete", text(call.config, "bridge") || "cni0")),
    ),
  ],
  "del-gives-back-the-network": [
    "DEL gives the addresses of all containers back",
    givesBack(() => true),
  ],
  "del-gives-back-the-container": [
    "DEL of one interface gives the addresses of the container's others back",
    givesBack((containerId, { env }) => containerId === env["CNI_CONTAINERID"]),
  ],
  "del-takes-all-links-of-the-container": [
    "DEL takes the container's other links too",
    spoiledDel(
      afterwards((call) => {
        for (const line of inside(call, "ip", "-br", "link").split("\n")) {
          const name = /^[^\s@]+/.exec(line)?.[0] ?? "lo";
          if (name !== "lo") inside(call, "ip", "link", "delete", name);
        }
      }),
    ),
  ],
  "del-takes-whatever-is-there": [
    "DEL deletes the interface of the name in whatever namespace the path leads to",
    spoiledDel(afterwards((call) => void inside(call, "ip", "link", "delete", ifName(call)))),
  ],
  "del-believes-the-result": [
    "DEL deletes any link of the host that prevResult names",
    spoiledDel(
      afterwards(({ config }) => {
        for (const link of objects(object(config, "prevResult"), "interfaces")) {
          if (text(link, "sandbox") === "") run("ip", "link", "delete", text(link, "name"));
        }
      }),
    ),
  ],
  "del-in-the-host": [
    "DEL without a namespace deletes the link of that name on the host",
    spoiledDel(
      where(noNetns, (call) => {
        run("ip", "link", "delete", ifName(call));
        return call.real();
      }),
    ),
  ],
  "del-hangs-without-netns": [
    "DEL without a namespace waits for one",
    spoiledDel(
      where(noNetns, (call) => {
        run("sleep", "3600");
        return call.real();
      }),
    ),
  ],
});
