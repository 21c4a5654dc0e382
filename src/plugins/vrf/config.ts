import * as v from "valibot";
import { type Context, decode, rule, says } from "../../plugin/index.ts";
import { checkIfName, invalidConfig } from "../../spec/index.ts";
import { linkName } from "../../state/config/index.ts";

const LAST_TABLE = 0xffffffff;
const TABLE_RANGE = `expected a routing table from 0 to ${LAST_TABLE}`;

const vrfname = v.optional(v.string(), "");

const given = rule({ minLength: 1 }, (name: string) => {
  if (name === "") throw invalidConfig("configuration is expected to have a valid vrf name");
});

const keys = v.object({
  vrfname: v.pipe(
    v.optional(v.pipe(v.string(), given, linkName("VRF")), ""),
    says({}, { required: true }),
    v.description("Name of the VRF in the container; required."),
  ),
  table: v.pipe(
    v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(0, TABLE_RANGE),
        v.maxValue(LAST_TABLE, TABLE_RANGE),
      ),
      0,
    ),
    v.description("Routing table of the VRF; 0 takes the first that nothing else uses."),
  ),
});

/** The plugin's keys. */
export const schema: v.GenericSchema = keys;

/** A configuration after every check. */
export interface VrfConfig {
  readonly name: string;
  readonly table: number;
}

/**
 * Reads and judges the configuration of an ADD, CHECK or STATUS.
 * @throws CniError of code 7 before anything is touched.
 */
export function parseConfig(ctx: Context): VrfConfig {
  const { vrfname: name, table } = decode(keys, ctx.config);
  if (name === ctx.ifName) {
    throw invalidConfig(`invalid VRF name ${JSON.stringify(name)}: the interface has that name`);
  }
  return { name, table };
}

const lenient = v.fallback(v.object({ vrfname }), { vrfname: "" });

/** The VRF's name for DEL; "" where the configuration has none that can be. */
export function parseName(ctx: Context): string {
  const { vrfname: name } = decode(lenient, ctx.config);
  try {
    checkIfName(name);
    return name;
  } catch {
    return "";
  }
}
