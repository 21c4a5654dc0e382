import * as v from "valibot";

/** `master` of a configuration. */
export const optionalMaster: v.GenericSchema<unknown, string> = v.pipe(
  v.optional(v.string(), ""),
  v.description(
    "Name of the link that the container's stands on; without it, the interface of the first " +
      "default route.",
  ),
);

/** `linkInContainer` of a configuration. */
export const linkInContainer: v.GenericSchema<unknown, boolean> = v.pipe(
  v.optional(v.boolean(), false),
  v.description("The master is in the container's network namespace and not in the host's."),
);
