/** Names that people may have meant. */
import { nearest } from "../base/index.ts";

/** How many names a message lists. */
const LISTED = 10;

/** `did you mean X?` where one of the names is close, and which there are. */
export function suggestion(wanted: string, names: readonly string[]): string {
  const sorted = [...new Set(names)].sort();
  if (sorted.length === 0) return "there is none";
  const close = nearest(wanted, sorted);
  return `${close === undefined ? "" : `did you mean ${close}? `}there are: ${listed(sorted)}`;
}

/** The first of the names, and how many there are beside. */
export function listed(names: readonly string[]): string {
  const more = names.length - LISTED;
  return more > 0 ? `${names.slice(0, LISTED).join(", ")} and ${more} more` : names.join(", ");
}
