import type { Call, Spoil } from "../call.ts";
import { parsed } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import { noNetns, on, prints, reads, refuses, sees, where } from "../spoil.ts";

/** Faults of what is asked of the parameters and of the configuration. */

const VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];
const ATTACHMENT = "ADD DEL CHECK";
const NAME = /^[a-zA-Z0-9][\w.-]*$/;
const IFNAME_BYTES_MAX = 15;
const LARGE = 20_000;

function missing(name: string): (call: Call) => boolean {
  return ({ env }) => (env[name] ?? "") === "";
}

/** Without a parameter, another value takes its place. */
function defaulted(name: string, value: string): Spoil {
  return sees((env, call) => {
    if (missing(name)(call)) env[name] = value;
  });
}

/** An operation is refused where a parameter that it does not need is missing. */
function demanding(operation: string, name: string): Spoil {
  return on(
    operation,
    where(missing(name), refuses(4, `required env variables [${name}] missing`)),
  );
}

const succeed: Spoil = ({ operation, config }) =>
  prints(operation === "ADD" ? { cniVersion: config["cniVersion"] ?? "1.0.0" } : "");

export const parameters = mutantsOf("bridge", {
  "no-command-is-success": [
    "without CNI_COMMAND it gives an empty result",
    where(missing("CNI_COMMAND"), () => prints("{}")),
  ],
  "no-command-is-add": ["without CNI_COMMAND it adds", defaulted("CNI_COMMAND", "ADD")],
  "unknown-command-is-success": [
    "an unknown CNI_COMMAND succeeds",
    where(
      ({ operation }) => operation !== "" && !/^(ADD|DEL|CHECK|GC|STATUS|VERSION)$/.test(operation),
      succeed,
    ),
  ],
  "command-in-small-letters": [
    "CNI_COMMAND is read in small letters too",
    sees((env, { operation }) => {
      env["CNI_COMMAND"] = operation.toUpperCase();
    }),
  ],
  "no-container-id-is-default": [
    "without CNI_CONTAINERID it takes a name of its own",
    defaulted("CNI_CONTAINERID", "default"),
  ],
  "no-netns-is-success": [
    "ADD without CNI_NETNS succeeds",
    on("ADD", where(missing("CNI_NETNS"), succeed)),
  ],
  "no-netns-in-check-is-success": [
    "CHECK without CNI_NETNS succeeds",
    on("CHECK", where(missing("CNI_NETNS"), succeed)),
  ],
  "no-ifname-is-eth0": ["without CNI_IFNAME it takes eth0", defaulted("CNI_IFNAME", "eth0")],
  "container-id-not-checked": [
    "any CNI_CONTAINERID is accepted",
    on(
      ATTACHMENT,
      sees((env) => {
        const id = env["CNI_CONTAINERID"] ?? "";
        if (id !== "" && !NAME.test(id)) env["CNI_CONTAINERID"] = Bun.hash(id).toString(16);
      }),
    ),
  ],
  "ifname-too-long-is-cut": [
    "a CNI_IFNAME of more than 15 bytes is cut",
    on(
      ATTACHMENT,
      sees((env) => {
        const name = env["CNI_IFNAME"] ?? "";
        if (Buffer.byteLength(name) > IFNAME_BYTES_MAX) {
          env["CNI_IFNAME"] = name.replace(/[^\w.-]/g, "x").slice(0, IFNAME_BYTES_MAX);
        }
      }),
    ),
  ],
  "ifname-with-slash": [
    "a slash in CNI_IFNAME is replaced",
    on(
      ATTACHMENT,
      sees((env) => {
        env["CNI_IFNAME"] = (env["CNI_IFNAME"] ?? "").replaceAll("/", "-");
      }),
    ),
  ],
  "ifname-with-colon-or-space": [
    "colons and white space in CNI_IFNAME are replaced",
    on(
      ATTACHMENT,
      sees((env) => {
        env["CNI_IFNAME"] = (env["CNI_IFNAME"] ?? "").replace(/[:\s]/g, "-");
      }),
    ),
  ],
  "bad-json-is-empty": [
    "stdin that is no JSON counts as an empty configuration and succeeds",
    where(
      ({ operation, stdin }) => operation !== "VERSION" && parsed(stdin) === undefined,
      succeed,
    ),
  ],
  "bad-json-is-cut": [
    "what follows the first document on stdin is ignored",
    (call) => {
      const end = call.stdin.lastIndexOf("}") + 1;
      return call.real(parsed(call.stdin) ? {} : { stdin: call.stdin.slice(0, end) });
    },
  ],
  "no-name-is-accepted": [
    "a configuration without a name is accepted",
    reads((config) => {
      if (typeof config["name"] !== "string" || config["name"] === "") config["name"] = "unnamed";
    }),
  ],
  "any-name-is-accepted": [
    "a network's name may have any characters",
    reads((config) => {
      const { name } = config;
      if (typeof name === "string" && name !== "" && !NAME.test(name)) {
        config["name"] = Bun.hash(name).toString(16);
      }
    }),
  ],
  "unknown-version-is-accepted": [
    "a configuration of an unknown version is taken as 1.0.0",
    reads((config, { operation }) => {
      const version = config["cniVersion"];
      if (operation === "VERSION" || VERSIONS.includes(String(version ?? "0.1.0"))) return;
      config["cniVersion"] = "1.0.0";
    }),
  ],
  "version-as-a-number-is-accepted": [
    "a cniVersion that is no string is accepted",
    reads((config) => {
      if (typeof config["cniVersion"] === "number") config["cniVersion"] = "1.0.0";
    }),
  ],
  "no-version-is-refused": [
    "a configuration without cniVersion is refused",
    where(
      ({ config, operation, stdin }) => {
        return operation !== "VERSION" && parsed(stdin) !== undefined && !("cniVersion" in config);
      },
      refuses(7, "cniVersion is missing"),
    ),
  ],
  "unknown-args-refused": [
    "a key in `args` is refused",
    where(({ config }) => "args" in config, refuses(2, "unsupported field args")),
  ],
  "runtime-config-refused": [
    "a runtimeConfig is refused",
    where(({ config }) => "runtimeConfig" in config, refuses(2, "unsupported field runtimeConfig")),
  ],
  "cni-args-refused": [
    "any CNI_ARGS are refused",
    where(({ env }) => (env["CNI_ARGS"] ?? "") !== "", refuses(4, "CNI_ARGS is not supported")),
  ],
  "large-stdin-refused": [
    "a configuration of more than 20 kB is not read to its end",
    where(({ stdin }) => stdin.length > LARGE, refuses(6, "unexpected end of JSON input")),
  ],
  "version-needs-container-id": [
    "VERSION asks for CNI_CONTAINERID",
    demanding("VERSION", "CNI_CONTAINERID"),
  ],
  "version-needs-path": ["VERSION asks for CNI_PATH", demanding("VERSION", "CNI_PATH")],
  "status-needs-container-id": [
    "STATUS asks for CNI_CONTAINERID",
    demanding("STATUS", "CNI_CONTAINERID"),
  ],
  "gc-needs-ifname": ["GC asks for CNI_IFNAME", demanding("GC", "CNI_IFNAME")],
  "del-needs-netns": ["DEL asks for CNI_NETNS", demanding("DEL", "CNI_NETNS")],
  "add-netns-absent-is-success": [
    "ADD succeeds where CNI_NETNS leads nowhere",
    on(
      "ADD",
      where((call) => !missing("CNI_NETNS")(call) && noNetns(call), succeed),
    ),
  ],
});
