import * as v from "valibot";
import { Mac } from "../../../addr/index.ts";
import { type Context, decode } from "../../../plugin/index.ts";
import { containerInterface } from "../../../spec/index.ts";

/** What DEL knows of a device without a record; all of it comes from the caller, not the container. */
export interface DeviceHints {
  /** Name on the host, from the configuration; "" when it names none. */
  readonly device: string;
  /** Hardware addresses, of the configuration and of the previous result. */
  readonly macs: readonly string[];
}

const text = v.fallback(v.optional(v.string(), ""), "");
const lenient = v.object({ device: text, hwaddr: text });

/** What the call tells of the device. GC speaks of no single attachment, so it tells nothing. */
export function hintsOf(ctx: Context): DeviceHints {
  if (ctx.operation === "GC") return { device: "", macs: [] };
  const { device, hwaddr } = decode(lenient, ctx.config);
  const promised = ctx.prevResult && containerInterface(ctx.prevResult, ctx.ifName)?.mac;
  const macs = [promised, Mac.tryParse(hwaddr)?.toString()];
  return { device, macs: macs.flatMap((mac) => (mac ? [mac.toLowerCase()] : [])) };
}
