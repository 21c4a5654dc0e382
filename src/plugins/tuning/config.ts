import { posix } from "node:path";
import * as v from "valibot";
import type { Mac } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import {
  type Context,
  cniArgs,
  decode,
  loadArgs,
  runtimeConfig,
  says,
} from "../../plugin/index.ts";
import {
  field,
  invalidConfig,
  isContainerInterface,
  isObject,
  type JsonObject,
} from "../../spec/index.ts";
import {
  checkMtuForIpv6,
  linkMac,
  MTU_MIN_IPV6,
  macText,
  mtuBelowIpv6,
  mtuRule,
} from "../../state/config/index.ts";
import { duplicateSysctl } from "./duplicates.ts";
import type { Attributes } from "./kind/link-attributes.ts";
import type { Sysctl } from "./kind/sysctls.ts";

/** Where the reference plugin keeps backups, too. */
export const DEFAULT_DATA_DIR = "/run/cni/tuning";

/** The largest number that rtnetlink and the reference plugin both take. */
const INT32_MAX = 2_147_483_647;

const whole = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0, "expected a number that is not negative"),
  v.maxValue(INT32_MAX, `expected a number of at most ${INT32_MAX}`),
);

const mac = v.pipe(v.optional(macText), v.description("Hardware address of the interface."));

const attributesSchema = v.object({
  mac,
  promisc: v.pipe(
    v.optional(v.boolean()),
    v.description("Promiscuous mode is switched on; false leaves it alone."),
  ),
  mtu: v.pipe(
    // The kernel knows the interface's own limit.
    v.optional(v.pipe(whole, mtuRule(Number.POSITIVE_INFINITY))),
    v.description("MTU of the interface in bytes; 0 leaves it alone."),
  ),
  allmulti: v.pipe(
    v.optional(v.boolean()),
    v.description("All-multicast mode is switched on or off; without it, left alone."),
  ),
  txQLen: v.pipe(v.optional(whole), v.description("Length of the transmit queue, in packets.")),
});

const NO_NUL = String.raw`^[^\0]*$`;

const dataDirSchema = v.object({
  dataDir: v.pipe(
    v.optional(v.string(), ""),
    says({ pattern: NO_NUL }),
    v.description(`Directory of backups; \`${DEFAULT_DATA_DIR}\` when absent.`),
  ),
});
const lenientDataDir = v.fallback(dataDirSchema, { dataDir: "" });

const macSchema = v.object({ mac });

/** The keys of the plugin; the sysctls are read by hand, since they must keep their order. */
export const schema: v.GenericSchema = v.object({
  sysctl: v.pipe(
    v.optional(v.record(v.string(), v.string())),
    says({
      propertyNames: { pattern: String.raw`^[./]*net[./]+[^./\0][^\0]*$` },
      additionalProperties: { type: "string" },
    }),
    v.description("Settings of the container's namespace, set in the order in which they stand."),
  ),
  ...attributesSchema.entries,
  ...dataDirSchema.entries,
  args: v.pipe(
    v.optional(
      v.object({
        cni: v.pipe(
          v.optional(v.unknown()),
          v.description(
            "Object with any key above but `dataDir`; it wins over the configuration, and its sysctls are added.",
          ),
        ),
      }),
    ),
    v.description("Arguments by convention."),
  ),
  runtimeConfig: v.pipe(
    v.optional(macSchema),
    v.description("Filled in by the runtime, when capability `mac` is declared."),
  ),
});

/** A configuration after every check. */
export interface TuningConfig {
  /** In the configuration's order. */
  readonly sysctls: readonly Sysctl[];
  readonly attributes: Attributes;
  /** Directory of backups. */
  readonly dataDir: string;
}

/**
 * Reads and judges the configuration of an ADD, CHECK or STATUS.
 * @throws CniError of code 7 (4 for CNI_ARGS) before anything is touched.
 */
export function parseConfig(ctx: Context): TuningConfig {
  const args = cniArgs(ctx);
  const base = decode(attributesSchema, ctx.config);
  const over = decode(attributesSchema, args, "args.cni");
  const { mtu, promisc, allmulti, txQLen } = { ...base, ...defined(over) };
  const mac = requestedMac(ctx, base.mac, over.mac);
  if (mtu !== undefined) checkMtuInUse(ctx, mtu);
  const attributes: Attributes = defined({
    mac,
    // As in the reference plugin: 0 and false are "leave it alone" here …
    mtu: mtu === 0 ? undefined : mtu,
    promisc: promisc === true ? promisc : undefined,
    // … and values there.
    allmulti,
    txQLen,
  });
  return { sysctls: sysctlsOf(ctx, args), attributes, dataDir: parseDataDir(ctx) };
}

/** The one key that DEL needs; everything else may be broken by then. */
export function parseDataDir(ctx: Context): string {
  const { dataDir } = decode(ctx.operation === "DEL" ? lenientDataDir : dataDirSchema, ctx.config);
  if (dataDir.includes("\0")) throw invalidConfig("invalid dataDir: it contains a NUL character");
  return dataDir === "" ? DEFAULT_DATA_DIR : dataDir;
}

/** The configuration, then CNI_ARGS, then the capability, then `args.cni`: the later wins. */
function requestedMac(ctx: Context, base?: string, over?: string): Mac | undefined {
  const fromArgs = loadArgs(ctx.args, ["MAC"]).MAC;
  const fromRuntime = decode(macSchema, runtimeConfig(ctx), "runtimeConfig").mac;
  // Only `args.cni` can say that there shall be none.
  const ways: [key: string, text: string | undefined][] =
    over !== undefined
      ? [["args.cni.mac", over]]
      : [
          ["runtimeConfig.mac", fromRuntime],
          ["MAC of CNI_ARGS", fromArgs],
          ["mac", base],
        ];
  const [key, text] = ways.find(([, mac]) => (mac ?? "") !== "") ?? [];
  return key === undefined || text === undefined ? undefined : linkMac(key, text);
}

/** Below the least of a family the kernel takes away its addresses, which the result still lists. */
function checkMtuInUse(ctx: Context, mtu: number): void {
  checkMtuForIpv6(ctx, mtu);
  const { prevResult, ifName } = ctx;
  if (mtu === 0 || mtu >= MTU_MIN_IPV6 || prevResult === undefined) return;
  const { interfaces, ips } = prevResult;
  const lost = ips.find(({ interface: at, address }) => {
    const found = at === undefined ? undefined : interfaces[at];
    return found && isContainerInterface(found, ifName) && address.includes(":");
  });
  if (lost !== undefined) throw mtuBelowIpv6(mtu, `${ifName} would lose ${lost.address}`);
}

/** `args.cni.sysctl` changes values in their place, and adds what the configuration has not. */
function sysctlsOf(ctx: Context, args: JsonObject): Sysctl[] {
  const duplicate = duplicateSysctl(ctx.stdin, ctx.config);
  if (duplicate !== undefined) {
    throw invalidConfig(
      "duplicated sysctl keys are not allowed",
      `${JSON.stringify(duplicate)} is twice`,
    );
  }
  const values = new Map([...valuesOf(ctx.config, "sysctl"), ...valuesOf(args, "args.cni.sysctl")]);
  return [...values].map(([key, value]) => ({ key, value, path: sysctlPath(key, ctx.ifName) }));
}

function valuesOf(parent: JsonObject, where: string): [string, string][] {
  const object = field(parent, "sysctl") ?? null;
  if (object === null) return [];
  if (!isObject(object)) {
    throw invalidConfig(
      `invalid configuration: "${where}" is ${JSON.stringify(object)}, expected an object`,
    );
  }
  return Object.entries(object).map(([key, value]) => {
    if (typeof value === "string") return [key, value];
    throw invalidConfig(
      `invalid configuration: "${where}" has ${JSON.stringify(value)} for ${JSON.stringify(key)}, expected a string`,
    );
  });
}

/**
 * The file of a key, below /proc/sys. The interface's name is put in last, so that its dots stay.
 * For STATUS, which concerns no interface, the placeholder stays.
 */
function sysctlPath(key: string, ifName: string): string {
  const slashed = key.replaceAll(".", "/");
  const named = ifName === "" ? slashed : slashed.replace("IFNAME", () => ifName);
  const path = posix.normalize(`/${named}`).slice(1);
  if (path.startsWith("net/") && path.length > "net/".length && !key.includes("\0")) return path;
  throw invalidConfig(
    `invalid net sysctl key: ${JSON.stringify(key)}`,
    "only settings under /proc/sys/net belong to a container's network",
  );
}
