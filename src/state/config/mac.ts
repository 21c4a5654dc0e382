import * as v from "valibot";
import { Mac } from "../../addr/index.ts";
import { type Context, cniArgs, decode, loadArgs, runtimeConfig } from "../../plugin/index.ts";
import { invalidConfig, type JsonObject } from "../../spec/index.ts";

const macSchema = v.object({ mac: v.optional(v.string()) });

/**
 * The MAC that an ADD asks for, or undefined: `mac` of the configuration, `MAC` of CNI_ARGS,
 * `args.cni.mac`, the capability `mac`; the later wins.
 * @throws CniError of code 7 when it is none, 4 when CNI_ARGS has unknown names.
 */
export function requestedMac(ctx: Context, configured?: string): Mac | undefined {
  const ways = [
    macOf(runtimeConfig(ctx), "runtimeConfig"),
    macOf(cniArgs(ctx), "args.cni"),
    loadArgs(ctx.args, ["MAC"]).MAC,
    configured,
  ];
  const text = ways.find((mac) => mac !== undefined && mac !== "");
  if (text === undefined) return undefined;
  const mac = Mac.tryParse(text);
  if (mac !== undefined) return mac;
  throw invalidConfig(`address ${text}: invalid MAC address`);
}

function macOf(object: JsonObject, where: string): string | undefined {
  return decode(macSchema, object, where).mac;
}
