import * as v from "valibot";
import { Mac } from "../../addr/index.ts";
import {
  type Context,
  cniArgs,
  decode,
  loadArgs,
  runtimeConfig,
  says,
} from "../../plugin/index.ts";
import { invalidConfig, type JsonObject } from "../../spec/index.ts";

/** A MAC that a link can have, or none: judged when it is known which of several counts. */
export const macText: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  says({ $ref: "#/$defs/mac" }),
);

const macSchema = v.object({ mac: v.optional(v.string()) });

/** ETH_ALEN of linux/if_ether.h */
const ETH_ALEN = 6;
const GROUP_BIT = 0x01;

/**
 * The MAC that an ADD asks for, or undefined: `mac` of the configuration, `MAC` of CNI_ARGS,
 * `args.cni.mac`, the capability `mac`; the later wins.
 * @throws CniError of code 7 when no link can have it, 4 when CNI_ARGS has unknown names.
 */
export function requestedMac(ctx: Context, configured?: string): Mac | undefined {
  const ways: [key: string, text: string | undefined][] = [
    ["runtimeConfig.mac", macOf(runtimeConfig(ctx), "runtimeConfig")],
    ["args.cni.mac", macOf(cniArgs(ctx), "args.cni")],
    ["MAC of CNI_ARGS", loadArgs(ctx.args, ["MAC"]).MAC],
    ["mac", configured],
  ];
  const [key, text] = ways.find(([, mac]) => mac !== undefined && mac !== "") ?? [];
  return key === undefined || text === undefined ? undefined : linkMac(key, text);
}

/**
 * A MAC that a link can have.
 * @param key the name of the key that has it, for the error
 * @throws CniError of code 7 that says why it cannot be one
 */
export function linkMac(key: string, text: string): Mac {
  const mac = Mac.tryParse(text);
  if (mac === undefined) {
    throw invalidConfig(`address ${text}: invalid MAC address`, `it is the value of "${key}"`);
  }
  const fault = faultOf(mac.bytes);
  if (fault === undefined) return mac;
  throw invalidConfig(`invalid "${key}" ${mac.toString()}: ${fault}`);
}

/** Why no link of Ethernet can have the address (is_valid_ether_addr of linux/etherdevice.h). */
function faultOf(bytes: Uint8Array): string | undefined {
  if (bytes.length !== ETH_ALEN) return `a MAC has ${ETH_ALEN} bytes, this has ${bytes.length}`;
  if (((bytes[0] ?? 0) & GROUP_BIT) !== 0) return "it is the address of a group (multicast)";
  return bytes.every((byte) => byte === 0) ? "it is no address" : undefined;
}

function macOf(object: JsonObject, where: string): string | undefined {
  return decode(macSchema, object, where).mac;
}
