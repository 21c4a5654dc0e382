import type { Answer, Spoil } from "../call.ts";
import { parsed } from "../call.ts";
import { type Mutant, mutantsOf } from "../mutant.ts";
import {
  answers,
  failing,
  failure,
  ifName,
  note,
  noted,
  nothing,
  objects,
  on,
  prints,
  reads,
  refuses,
  result,
  sees,
  where,
} from "../spoil.ts";

/** Faults between a plugin and the IPAM plugin that it calls. */

const withoutIpam = reads((config) => {
  delete config["ipam"];
});

const OF_PLUGIN: Readonly<Record<string, readonly [string, Spoil]>> = {
  "delegate-not-called": ["ADD does not call the IPAM", on("ADD", withoutIpam)],
  "delegate-in-the-wrong-directory": [
    "CNI_PATH is searched from its end",
    sees((env) => {
      env["CNI_PATH"] = (env["CNI_PATH"] ?? "").split(":").reverse().join(":");
    }),
  ],
  "delegate-in-the-last-directory": [
    "only the last directory of CNI_PATH is searched",
    sees((env) => {
      env["CNI_PATH"] = (env["CNI_PATH"] ?? "").split(":").at(-1) ?? "";
    }),
  ],
  "delegate-in-the-first-directory": [
    "only the first directory of CNI_PATH is searched",
    sees((env) => {
      env["CNI_PATH"] = (env["CNI_PATH"] ?? "").split(":")[0] ?? "";
    }),
  ],
  "delegate-absent-is-success": [
    "ADD succeeds without the IPAM that is not there",
    on("ADD", (call) => {
      const answer = call.real();
      const code = parsed(answer.stdout)?.["code"];
      if (answer.code === 0 || code === 4 || code === 1 || code === 6 || code === 7) return answer;
      return withoutIpam(call);
    }),
  ],
  "delegate-error-recoded": [
    "the error of the IPAM gets another code",
    on(
      "ADD",
      failure((error) => {
        error["code"] = 999;
      }),
    ),
  ],
  "delegate-error-is-text": [
    "the error of the IPAM loses its message",
    on(
      "ADD",
      failure((error) => {
        if (error["code"] === 4 || error["code"] === 7) return;
        error["msg"] = "IPAM failed";
        delete error["details"];
      }),
    ),
  ],
};

const OF_DELEGATE: Readonly<Record<string, readonly [string, Spoil]>> = {
  "delegate-sees-another-ifname": [
    "the IPAM gets another CNI_IFNAME",
    sees((env) => {
      env["CNI_IFNAME"] = "ipam0";
    }),
  ],
  "delegate-sees-no-args": [
    "the IPAM does not get CNI_ARGS",
    sees((env) => {
      env["CNI_ARGS"] = "";
    }),
  ],
  "delegate-sees-a-bare-environment": [
    "the IPAM gets the CNI variables only",
    (call) =>
      call.real({
        env: Object.fromEntries(
          Object.entries(call.env).filter(([name]) => name.startsWith("CNI_")),
        ),
      }),
  ],
  "delegate-reads-its-part-only": [
    "the IPAM gets the `ipam` object and the name",
    reads(({ ipam, name, cniVersion }) => ({ ipam, name, cniVersion })),
  ],
  "delegate-reads-another-name": [
    "the IPAM gets another network's name",
    reads((config) => {
      config["name"] = `${String(config["name"])}-ipam`;
    }),
  ],
  "delegate-reads-version-1.0.0": [
    "the IPAM gets the version 1.0.0 always",
    reads((config) => {
      config["cniVersion"] = "1.0.0";
    }),
  ],
  "delegate-reads-nothing": [
    "the IPAM gets nothing on stdin in DEL",
    on("DEL", (call) => call.real({ stdin: "" })),
  ],
  "delegate-not-undone": [
    "the IPAM is not called with DEL when ADD fails",
    on(
      "DEL",
      where(({ outer }) => outer === "ADD", nothing),
    ),
  ],
  "delegate-failure-not-undone": [
    "an IPAM that failed in ADD is not called with DEL",
    (call) => {
      const mark = `failed ${call.env["CNI_CONTAINERID"]} ${ifName(call)}`;
      if (call.operation === "DEL" && call.outer === "ADD" && noted(mark)) return nothing(call);
      const answer = call.real();
      if (call.operation === "ADD" && answer.code !== 0) note(mark);
      return answer;
    },
  ],
  "delegate-called-twice": [
    "the IPAM is called twice in ADD",
    on("ADD", (call) => {
      call.real();
      return call.real();
    }),
  ],
  "delegate-check-not-forwarded": ["CHECK does not reach the IPAM", on("CHECK", nothing)],
  "delegate-del-not-forwarded": ["DEL does not reach the IPAM", on("DEL", nothing)],
  "delegate-gc-not-forwarded": ["GC does not reach the IPAM", on("GC", nothing)],
  "delegate-status-not-forwarded": ["STATUS does not reach the IPAM", on("STATUS", nothing)],
  "delegate-add-swallowed": [
    "an IPAM that fails counts as one without addresses",
    on("ADD", failing(emptyResult)),
  ],
  "delegate-del-swallowed": [
    "an IPAM that fails in DEL is not heard",
    on(
      "DEL",
      failing(() => ({ code: 0, stdout: "" })),
    ),
  ],
  "delegate-check-swallowed": [
    "an IPAM that fails in CHECK is not heard",
    on(
      "CHECK",
      failing(() => ({ code: 0, stdout: "" })),
    ),
  ],
  "delegate-gc-swallowed": [
    "an IPAM that fails in GC is not heard",
    on(
      "GC",
      failing(() => ({ code: 0, stdout: "" })),
    ),
  ],
  "delegate-second-address-lost": [
    "only the first address of the IPAM is used",
    result((value) => {
      if (Array.isArray(value["ips"])) value["ips"] = value["ips"].slice(0, 1);
    }),
  ],
  "delegate-routes-lost": [
    "the routes of the IPAM are not used",
    result((value) => {
      delete value["routes"];
    }),
  ],
  "delegate-stderr-lost": ["the IPAM's stderr is not passed on", answers(() => ({ stderr: "" }))],
  "delegate-gateway-lost": [
    "the gateway of the IPAM is not used",
    result((value) => {
      for (const ip of objects(value, "ips")) delete ip["gateway"];
    }),
  ],
  "delegate-without-prevresult": [
    "the IPAM does not get the prevResult",
    reads((config) => {
      delete config["prevResult"];
    }),
  ],
  "delegate-add-refused": ["the IPAM is never reached", on("ADD", refuses(11, "no IPAM"))],
};

function emptyResult({ stdout }: Answer): Answer {
  return prints({ cniVersion: parsed(stdout)?.["cniVersion"] ?? "1.0.0" });
}

export const delegation: readonly Mutant[] = [
  ...mutantsOf("bridge", OF_PLUGIN),
  ...mutantsOf("bridge", OF_DELEGATE, "delegate"),
];
