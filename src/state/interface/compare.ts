import { Prefix } from "../../addr/index.ts";
import { route } from "../../kernel/route/index.ts";
import type { Result } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { made, type Standing } from "../standing.ts";

/**
 * The interface itself comes with its link, so all of it is made. Routes to the same destinations by
 * other interfaces are worth a word: the one that was there first is mostly the one that is used.
 */
export function compareRoutes(
  { container, containerLinks }: Namespaces,
  ifName: string,
  { routes }: Result,
): Standing {
  const to = routes.map(({ dst }) => Prefix.parse(dst).network());
  const existing = to.length === 0 ? [] : route.list(container, { to });
  const names = existing.flatMap(({ dst, index }) => {
    const name = index === undefined ? undefined : containerLinks.get({ index })?.name;
    const isOther = name !== undefined && name !== ifName;
    return isOther && to.some((each) => each.equals(dst)) ? [`${dst.toString()} by ${name}`] : [];
  });
  if (names.length === 0) return made();
  return made(`the container has a route to ${[...new Set(names)].join(", ")} already`);
}
