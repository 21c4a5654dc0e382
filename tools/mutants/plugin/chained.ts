import type { Json, Spoil } from "../call.ts";
import { isJson } from "../call.ts";
import { type Mutant, mutantsOf } from "../mutant.ts";
import {
  failing,
  ifName,
  inside,
  noNetns,
  nothing,
  object,
  objects,
  on,
  prints,
  reads,
  refuses,
  result,
  run,
  text,
  where,
} from "../spoil.ts";

/** Faults of chained plugins. */

const prevResult = (config: Json): Json | undefined =>
  isJson(config["prevResult"]) ? config["prevResult"] : undefined;

/** The result that is passed on has something changed. */
const passes = (change: (value: Json) => void): Spoil => result((value) => change(value));

const TUNING = mutantsOf("tuning", {
  "chained-result-is-empty": [
    "the prevResult is not passed on",
    result(({ cniVersion }) => ({ cniVersion })),
  ],
  "chained-prints-nothing": [
    "ADD prints nothing",
    on("ADD", (call) => ({ ...call.real(), stdout: "" })),
  ],
  "chained-drops-dns": [
    "the dns of the prevResult is not passed on",
    passes((value) => {
      delete value["dns"];
    }),
  ],
  "chained-drops-ips": [
    "the ips of the prevResult are not passed on",
    passes((value) => {
      delete value["ips"];
    }),
  ],
  "chained-drops-routes": [
    "the routes of the prevResult are not passed on",
    passes((value) => {
      delete value["routes"];
    }),
  ],
  "chained-drops-host-links": [
    "links of the host are not passed on",
    passes((value) => {
      if (!("interfaces" in value)) return;
      value["interfaces"] = objects(value, "interfaces").filter(
        (link) => text(link, "sandbox") !== "",
      );
    }),
  ],
  "chained-sorts-interfaces": [
    "the interfaces are passed on in another order",
    passes((value) => {
      const list = value["interfaces"];
      if (Array.isArray(list)) value["interfaces"] = list.toReversed();
    }),
  ],
  "chained-drops-interface-index": [
    "the ips lose their interface",
    passes((value) => {
      for (const ip of objects(value, "ips")) delete ip["interface"];
    }),
  ],
  "chained-drops-gateway": [
    "the ips lose their gateway",
    passes((value) => {
      for (const ip of objects(value, "ips")) delete ip["gateway"];
    }),
  ],
  "chained-result-of-another-version": [
    "the result is of 1.0.0 always",
    passes((value) => {
      value["cniVersion"] = "1.0.0";
    }),
  ],
  "chained-adds-an-ip": [
    "an address is added to the result that is not there",
    passes((value) => {
      value["ips"] = [...objects(value, "ips"), { address: "203.0.113.7/24" }];
    }),
  ],
  "chained-refuses-prevresult": [
    "ADD refuses a prevResult",
    on(
      "ADD",
      where(({ config }) => "prevResult" in config, refuses(2, "unsupported field prevResult")),
    ),
  ],
  "chained-does-nothing": [
    "ADD passes the prevResult on and does nothing",
    on("ADD", (call) => {
      const value = prevResult(call.config);
      return value === undefined ? call.real() : prints(value);
    }),
  ],
  "chained-del-deletes-the-link": [
    "DEL deletes the link, which is another plugin's",
    on("DEL", (call) => {
      const answer = call.real();
      inside(call, "ip", "link", "delete", ifName(call));
      return answer;
    }),
  ],
  "chained-takes-the-link-down": [
    "ADD leaves the link down",
    on("ADD", (call) => {
      const answer = call.real();
      inside(call, "ip", "link", "set", ifName(call), "down");
      return answer;
    }),
  ],
  "chained-del-needs-prevresult": [
    "DEL without a prevResult fails",
    on(
      "DEL",
      where(({ config }) => !("prevResult" in config), refuses(7, "prevResult is missing")),
    ),
  ],
  "chained-del-needs-netns": [
    "DEL without the namespace fails",
    on("DEL", where(noNetns, refuses(8, "no such namespace"))),
  ],
  "chained-del-needs-the-link": [
    "DEL fails where the link is gone",
    on(
      "DEL",
      where(
        (call) => !noNetns(call) && inside(call, "ip", "link", "show", "dev", ifName(call)) === "",
        refuses(999, "no such link"),
      ),
    ),
  ],
  "chained-check-always-succeeds": ["CHECK succeeds always", on("CHECK", nothing)],
  "chained-check-always-fails": ["CHECK fails always", on("CHECK", refuses(7, "not as expected"))],
  "chained-check-without-prevresult": [
    "CHECK succeeds without a prevResult",
    on(
      "CHECK",
      where(({ config }) => !("prevResult" in config), nothing),
    ),
  ],
  "chained-error-exits-0": ["a failure exits with 0", failing(() => ({ code: 0 }))],
  "chained-gc-fails": ["GC fails", on("GC", refuses(999, "out of order"))],
  "chained-status-fails": ["STATUS fails", on("STATUS", refuses(50, "not available"))],
});

const PORTMAP = mutantsOf("portmap", {
  "portmap-del-does-nothing": ["DEL leaves the rules of the packet filter", on("DEL", nothing)],
  "portmap-del-takes-all": [
    "DEL takes the rules of all containers",
    on("DEL", (call) => {
      const answer = call.real();
      run("nft", "flush", "ruleset");
      return answer;
    }),
  ],
  "portmap-gc-does-nothing": ["GC leaves the rules of what is not valid", on("GC", nothing)],
  "portmap-gc-takes-all": [
    "GC takes the rules of what is valid",
    on(
      "GC",
      reads((config) => {
        config["cni.dev/valid-attachments"] = [];
        config["cni.dev/attachments"] = [];
      }),
    ),
  ],
  "portmap-check-always-succeeds": ["CHECK does not miss the rules", on("CHECK", nothing)],
  "portmap-does-nothing": [
    "ADD passes the prevResult on and makes no rules",
    on("ADD", (call) => {
      const value = prevResult(call.config);
      return value === undefined ? call.real() : prints(value);
    }),
  ],
  "portmap-reads-no-runtime-config": [
    "the runtimeConfig is not read",
    reads((config) => {
      delete config["runtimeConfig"];
    }),
  ],
  "portmap-believes-in-the-host": [
    "an address of the prevResult on the host's link is taken for the container's",
    reads((config) => {
      for (const ip of objects(object(config, "prevResult"), "ips")) delete ip["interface"];
    }),
  ],
});

export const chained: readonly Mutant[] = [...TUNING, ...PORTMAP];
