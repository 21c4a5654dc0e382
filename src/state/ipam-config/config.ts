import * as v from "valibot";
import { excerpt } from "../../base/index.ts";
import { type Context, cniArgs, decode, runtimeConfig } from "../../plugin/index.ts";
import {
  atLeast,
  field,
  invalidConfig,
  isObject,
  type JsonObject,
  printJson,
} from "../../spec/index.ts";

/** The version from which on a result has room for several addresses of a family. */
const SEVERAL_SINCE = "0.3.0";

const asked = v.object({ ips: v.optional(v.array(v.string()), []) });

/**
 * The object `ipam` of a configuration; undefined when it is absent.
 * @throws CniError of code 7 when it is no object.
 */
export function ipamObject(ctx: Pick<Context, "config">): JsonObject | undefined {
  const value = field(ctx.config, "ipam") ?? undefined;
  if (value === undefined || isObject(value)) return value;
  throw invalidConfig(`"ipam" must be an object, is ${excerpt(printJson(value))}`);
}

/** The same where it has to be there. */
export function requiredIpam(ctx: Pick<Context, "config">): JsonObject {
  const ipam = ipamObject(ctx);
  if (ipam === undefined) throw invalidConfig("IPAM config missing 'ipam' key");
  return ipam;
}

/** Addresses that the configuration of a call asks for, beside those in CNI_ARGS. */
export interface RequestedTexts {
  /** `args.cni.ips` */
  readonly fromArgs: string[];
  /** `runtimeConfig.ips`, of the capability `ips` */
  readonly fromRuntime: string[];
}

export function requestedTexts(ctx: Context): RequestedTexts {
  return {
    fromArgs: decode(asked, cniArgs(ctx), "args.cni").ips,
    fromRuntime: decode(asked, runtimeConfig(ctx), "runtimeConfig").ips,
  };
}

/**
 * Results of the first versions have room for one address of each family.
 * @throws CniError of code 7 when there are more.
 */
export function checkFamilies(cniVersion: string, families: readonly (4 | 6)[]): void {
  const v4 = families.filter((family) => family === 4).length;
  const fits = v4 <= 1 && families.length - v4 <= 1;
  if (fits || atLeast(cniVersion, SEVERAL_SINCE)) return;
  throw invalidConfig(`CNI version ${cniVersion} does not support more than 1 address per family`);
}
