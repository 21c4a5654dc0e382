import type { AttachmentNameForm } from "../../forms/index.ts";

/** The views of the page, in the order in which they are offered. */
export const VIEWS = [
  "map",
  "attachments",
  "ranges",
  "ports",
  "rules",
  "calls",
  "doctor",
  "networks",
  "fleet",
] as const;

export type View = (typeof VIEWS)[number];

/** What the page shows, as its fragment says: `#/attachments/dbnet/4f2a/eth0?text=web`. */
export interface Location {
  readonly view: View;
  /** What of the view: names, an identity, a number. */
  readonly parts: readonly string[];
  /** Filters, order, what is chosen. */
  readonly query: Readonly<Record<string, string>>;
}

export const START: Location = { view: "map", parts: [], query: {} };

/** The location of a fragment; the start where it is none. */
export function parseLocation(fragment: string): Location {
  const [path = "", query = ""] = fragment.replace(/^#\/?/u, "").split("?", 2);
  const [view, ...parts] = path.split("/").map(decoded);
  const known = VIEWS.find((each) => each === view);
  if (known === undefined) return START;
  return {
    view: known,
    parts: parts.filter((part) => part !== ""),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** The fragment of a location; keys without a value are left out. */
export function printLocation({ view, parts = [], query = {} }: LocationLike): string {
  const path = [view, ...parts].map(encodeURIComponent).join("/");
  const pairs = Object.entries(query).filter(([, value]) => value !== "");
  const search = pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
  return `#/${path}${search}`;
}

/** A location of which only the view has to be said. */
export interface LocationLike {
  readonly view: View;
  readonly parts?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
}

export function attachmentLocation(name: AttachmentNameForm): LocationLike {
  return { view: "attachments", parts: [name.network, name.containerId, name.ifName] };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
