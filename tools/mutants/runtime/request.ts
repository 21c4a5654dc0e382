import {
  isObject,
  type JsonObject,
  type JsonValue,
  LosslessNumber,
} from "../../../src/spec/index.ts";
import type { About, Fault } from "./fault.ts";
import { runtimeMutants } from "./make.ts";

/** Faults of what a plugin gets on stdin. */

function requests(operations: string, change: (request: JsonObject, about: About) => void): Fault {
  return {
    request: (request, about) => {
      if (operations.split(" ").includes(about.operation)) change(request, about);
    },
  };
}

const ALL = "ADD DEL CHECK GC STATUS";
const ATTACHMENT = "ADD DEL CHECK";
const RESULT: JsonObject = { cniVersion: "1.0.0", ips: [{ address: "192.0.2.1/24" }] };

/** The plugin's own object in the list. */
function own({ list }: About, { type, n }: JsonObject): JsonObject {
  const found = list.plugins.find(({ json }) => json["type"] === type && json["n"] === n);
  return found?.json ?? list.plugins.find((plugin) => plugin.type === type)?.json ?? {};
}

/** Numbers as a double has them. */
function doubles(value: JsonValue): JsonValue {
  if (value instanceof LosslessNumber) return Number(value.toString());
  if (Array.isArray(value)) return value.map(doubles);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, doubles(inner)]));
}

const STANDARD = [
  ...["cniVersion", "name", "type", "prevResult", "runtimeConfig", "args", "ipam", "dns", "ipMasq"],
  ...["cni.dev/valid-attachments", "cni.dev/attachments", "capabilities"],
];

export const request = runtimeMutants({
  "prevresult-missing-in-del": [
    "DEL has no prevResult",
    requests("DEL", (one) => {
      delete one["prevResult"];
    }),
  ],
  "prevresult-missing-in-check": [
    "CHECK has no prevResult",
    requests("CHECK", (one) => {
      delete one["prevResult"];
    }),
  ],
  "prevresult-missing-in-add": [
    "the second ADD has no prevResult",
    requests("ADD", (one) => {
      delete one["prevResult"];
    }),
  ],
  "prevresult-in-the-first-add": [
    "the first ADD has a prevResult",
    requests("ADD", (one, { index }) => {
      if (index === 0) one["prevResult"] = RESULT;
    }),
  ],
  "prevresult-of-the-first-plugin": [
    "each ADD gets the result of the first plugin",
    requests("ADD", (one, { before }) => {
      const second = before.find((earlier) => earlier["prevResult"] !== undefined);
      if (second?.["prevResult"] !== undefined) one["prevResult"] = second["prevResult"];
    }),
  ],
  "prevresult-empty-in-del": [
    "the prevResult of DEL is empty",
    requests("DEL", (one) => {
      const { cniVersion = "1.0.0" } = one;
      if (isObject(one["prevResult"])) one["prevResult"] = { cniVersion };
    }),
  ],
  "prevresult-of-the-first-del-only": [
    "only the first DEL of a chain has the prevResult",
    requests("DEL", (one, { index }) => {
      if (index > 0) delete one["prevResult"];
    }),
  ],
  "prevresult-of-the-first-check-only": [
    "only the first CHECK of a chain has the prevResult",
    requests("CHECK", (one, { index }) => {
      if (index > 0) delete one["prevResult"];
    }),
  ],
  "prevresult-in-gc": [
    "GC has a prevResult",
    requests("GC", (one) => {
      one["prevResult"] = RESULT;
    }),
  ],
  "prevresult-in-status": [
    "STATUS has a prevResult",
    requests("STATUS", (one) => {
      one["prevResult"] = RESULT;
    }),
  ],
  "prevresult-without-dns": [
    "the dns of a result is not passed on",
    requests(ATTACHMENT, (one) => {
      if (isObject(one["prevResult"])) delete one["prevResult"]["dns"];
    }),
  ],
  "prevresult-of-another-version": [
    "the prevResult bears the version 0.3.1",
    requests("DEL CHECK", (one) => {
      if (isObject(one["prevResult"])) one["prevResult"]["cniVersion"] = "0.3.1";
    }),
  ],
  "name-missing": [
    "the network's name is not put in",
    requests(ALL, (one) => {
      delete one["name"];
    }),
  ],
  "name-of-the-plugin": [
    "a name that the plugin's object has stays",
    requests(ALL, (one, about) => {
      const { name } = own(about, one);
      if (name !== undefined) one["name"] = name;
    }),
  ],
  "version-missing": [
    "the version is not put in",
    requests(ALL, (one) => {
      delete one["cniVersion"];
    }),
  ],
  "version-of-the-plugin": [
    "a version that the plugin's object has stays",
    requests(ALL, (one, about) => {
      const { cniVersion } = own(about, one);
      if (cniVersion !== undefined) one["cniVersion"] = cniVersion;
    }),
  ],
  "capabilities-left": [
    "the key `capabilities` stays in the request",
    requests(ATTACHMENT, (one, about) => {
      const { capabilities } = own(about, one);
      if (capabilities !== undefined) one["capabilities"] = capabilities;
    }),
  ],
  "runtime-config-without-capability": [
    "all capability arguments reach all plugins",
    requests(ATTACHMENT, (one, { task }) => {
      one["runtimeConfig"] = { ...task.conf.capabilityArgs };
    }),
  ],
  "runtime-config-missing": [
    "no capability argument reaches a plugin",
    requests(ATTACHMENT, (one) => {
      delete one["runtimeConfig"];
    }),
  ],
  "runtime-config-missing-in-del": [
    "no capability argument reaches DEL",
    requests("DEL", (one) => {
      delete one["runtimeConfig"];
    }),
  ],
  "runtime-config-missing-in-check": [
    "no capability argument reaches CHECK",
    requests("CHECK", (one) => {
      delete one["runtimeConfig"];
    }),
  ],
  "runtime-config-of-declared-alone": [
    "a capability that is declared and not supplied is null",
    requests(ATTACHMENT, (one, about) => {
      const { capabilities } = own(about, one);
      const names = isObject(capabilities) ? Object.keys(capabilities) : [];
      const given = isObject(one["runtimeConfig"]) ? one["runtimeConfig"] : {};
      if (names.length > 0)
        one["runtimeConfig"] = {
          ...Object.fromEntries(names.map((name) => [name, null])),
          ...given,
        };
    }),
  ],
  "runtime-config-in-gc": [
    "GC has a runtimeConfig",
    requests("GC STATUS", (one) => {
      one["runtimeConfig"] = { mac: "02:00:00:00:00:09" };
    }),
  ],
  "unknown-keys-dropped": [
    "keys that the specification does not know are dropped",
    requests(ALL, (one) => {
      for (const key of Object.keys(one)) if (!STANDARD.includes(key)) delete one[key];
    }),
  ],
  "big-numbers-rounded": [
    "numbers lose digits",
    requests(ALL, (one) => {
      for (const key of Object.keys(one)) one[key] = doubles(one[key] ?? null);
    }),
  ],
  "args-dropped": [
    "the key `args` is dropped",
    requests(ALL, (one) => {
      delete one["args"];
    }),
  ],
  "reserved-keys-left": [
    "keys of `cni.dev/` in the configuration reach plugins",
    requests(ATTACHMENT, (one, about) => {
      for (const [key, value] of Object.entries(own(about, one))) {
        if (key.startsWith("cni.dev/")) one[key] = value;
      }
    }),
  ],
  "gc-without-list": [
    "GC has no list of valid attachments",
    requests("GC", (one) => {
      delete one["cni.dev/valid-attachments"];
      delete one["cni.dev/attachments"];
    }),
  ],
  "gc-with-null": [
    "an empty list of valid attachments is null",
    requests("GC", (one) => {
      const list = one["cni.dev/valid-attachments"];
      if (Array.isArray(list) && list.length === 0) one["cni.dev/valid-attachments"] = null;
    }),
  ],
  "gc-with-an-empty-list": [
    "the list of valid attachments is always empty",
    requests("GC", (one) => {
      one["cni.dev/valid-attachments"] = [];
      one["cni.dev/attachments"] = [];
    }),
  ],
  "gc-with-other-keys": [
    "valid attachments are named by other keys",
    requests("GC", (one) => {
      const list = one["cni.dev/valid-attachments"];
      if (!Array.isArray(list)) return;
      one["cni.dev/valid-attachments"] = list.map((each) =>
        isObject(each)
          ? { containerId: each["containerID"] ?? "", ifName: each["ifname"] ?? "" }
          : each,
      );
    }),
  ],
  "keys-of-the-list-in-the-request": [
    "keys of the list reach plugins",
    requests(ALL, (one) => {
      one["disableCheck"] = false;
      one["cniVersions"] = ["1.0.0"];
    }),
  ],
});
