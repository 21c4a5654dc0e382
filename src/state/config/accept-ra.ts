import * as v from "valibot";

/** `acceptRA` of a configuration. */
export const acceptRA: v.GenericSchema<unknown, boolean | undefined> = v.pipe(
  v.optional(v.boolean()),
  v.description(
    "Whether the interface takes addresses and routes from IPv6 router advertisements. Without the " +
      "key it does so unless IPAM gives it an IPv6 address.",
  ),
);
