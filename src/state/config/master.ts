import * as v from "valibot";
import { rule, says } from "../../plugin/index.ts";
import { invalidConfig } from "../../spec/index.ts";
import { masterName } from "./name.ts";

/** `master` of a configuration. */
export const optionalMaster: v.GenericSchema<unknown, string> = v.pipe(
  v.optional(v.pipe(v.string(), masterName), ""),
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

/** `master` of a plugin that needs one. */
export function requiredMaster(
  description: string,
  refusal: string,
): v.GenericSchema<unknown, string> {
  const given = rule({ minLength: 1 }, (name: string) => {
    if (name === "") throw invalidConfig(refusal);
  });
  return v.pipe(
    v.optional(v.pipe(v.string(), given, masterName), ""),
    says({}, { required: true }),
    v.description(description),
  );
}
