import * as v from "valibot";
import { rule, says } from "../../plugin/index.ts";
import { invalidConfig } from "../../spec/index.ts";

/** `ipam` as far as a plugin that delegates reads it. */
export interface IpamKeys {
  readonly type: string;
}

/** `ipam` of a configuration; what is beside the type is for the IPAM plugin. */
export const ipamSchema: v.GenericSchema<unknown, IpamKeys> = v.object({
  type: v.pipe(v.optional(v.string(), ""), v.description("Type of the IPAM plugin.")),
});

/** `ipam` of a plugin that can do without addresses. */
export const optionalIpam: v.GenericSchema<unknown, IpamKeys> = v.pipe(
  v.optional(ipamSchema, { type: "" }),
  v.description("Where the addresses come from; without a type, the interface has none."),
);

/**
 * `ipam` of a plugin that needs one; `refusal` is what it says where there is none.
 *
 * @example
 * ```ts
 * import { decode } from "hawser/plugin";
 * import { requiredIpam } from "hawser/state";
 * import * as v from "valibot";
 *
 * const keys = v.object({ ipam: requiredIpam("mynet needs addresses") });
 * decode(keys, { ipam: { type: "host-local" } }).ipam.type; // → "host-local"
 * decode(keys, {}); // throws CniError 7: mynet needs addresses
 * ```
 */
export function requiredIpam(refusal: string): v.GenericSchema<unknown, IpamKeys> {
  const given = { required: ["type"], properties: { type: { type: "string", minLength: 1 } } };
  return v.pipe(
    v.optional(ipamSchema, { type: "" }),
    rule({ allOf: [given] }, ({ type }: IpamKeys) => {
      if (type === "") throw invalidConfig(refusal);
    }),
    says({}, { required: true }),
    v.description("Where the addresses come from; required."),
  );
}

/** `dns` as a configuration has it. */
export interface DnsKeys {
  readonly nameservers?: string[] | undefined;
  readonly domain?: string | undefined;
  readonly search?: string[] | undefined;
  readonly options?: string[] | undefined;
}

const texts = v.optional(v.array(v.string()));

/** `dns` of a network configuration (specification, section 1). */
export const optionalDns: v.GenericSchema<unknown, DnsKeys | undefined> = v.pipe(
  v.optional(
    v.object({
      nameservers: v.pipe(texts, v.description("Addresses of name servers, the best first.")),
      domain: v.pipe(v.optional(v.string()), v.description("The local domain.")),
      search: v.pipe(texts, v.description("Domains in which short names are looked up.")),
      options: v.pipe(texts, v.description("Options of the resolver.")),
    }),
  ),
  v.description("Resolver settings for the result; the host's are not touched."),
);

/** A whole number: `1.5` and `"1"` are refused. */
export const integer: v.GenericSchema<unknown, number> = v.pipe(v.number(), v.integer());
