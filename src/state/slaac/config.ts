import * as v from "valibot";

/** `slaac` of a configuration. */
export const slaac: v.GenericSchema<unknown, boolean> = v.pipe(
  v.optional(v.boolean(), false),
  v.description(
    "The interface forms IPv6 addresses from what a router of the link advertises. ADD waits for " +
      "them, and the result has them with the router as gateway and its resolver settings.",
  ),
);
