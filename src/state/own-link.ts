import { defined } from "../base/index.ts";
import type { link } from "../kernel/route/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import type { Scene } from "./scene.ts";

/**
 * The container's interface, which has to be there before an ADD goes on.
 * @throws CniError of code 4, with this message and these details, when it is missing
 *
 * @example
 * ```ts
 * import { kindOf, ownLink } from "hawser/state";
 *
 * const up = kindOf({
 *   name: "interface up",
 *   describe: ({ owner }) => `${owner.ifName} is up`,
 *   apply: (scene) => scene.namespaces.containerLinks.set(ownLink(scene).index, { up: true }),
 * });
 * up.name; // → "interface up"
 * ```
 */
export function ownLink({ namespaces, owner }: Scene, msg?: string, details?: string): link.Link {
  const { ifName } = owner;
  const found = namespaces.containerLinks.get({ name: ifName });
  if (found !== undefined) return found;
  throw new CniError(
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    msg ?? `interface ${JSON.stringify(ifName)} (CNI_IFNAME) is missing in the container`,
    defined({ details }),
  );
}
