/** The holder of an address, as the content of its file says. */
export type Holder =
  | { kind: "attachment"; containerId: string; ifName: string }
  /**
   * Written by plugins before 0.7, which noted the container only, or by a person to keep the address
   * from being handed out: then it is a line of text.
   */
  | { kind: "container"; containerId: string; isLine?: true }
  /** Held by no attachment: the writer died between creating and writing it, or the power failed. */
  | { kind: "vacant" }
  /** Text of another form, which must have been meant for something. */
  | { kind: "unknown" };

/** The attachment that an address is for. */
export interface Holding {
  containerId: string;
  ifName: string;
}

// Shared with the Go plugins, which write a carriage return on every system.
const SEPARATOR = "\r\n";

/** Names in which no character has a meaning of its own. */
const USUAL = /^([\w.-]+)\r\n([\w.-]+)$/;

/** The content of a reservation file; no newline at its end. */
export function encodeHolder(holding: Holding): string {
  return `${holding.containerId}${SEPARATOR}${holding.ifName}`;
}

/** Reads a reservation file's content; white space around it does not matter. */
export function decodeHolder(content: string): Holder {
  // What plugins write, as nearly all files have it: a list of thousands spares all that follows.
  const usual = USUAL.exec(content);
  if (usual !== null) {
    return { kind: "attachment", containerId: usual[1] ?? "", ifName: usual[2] ?? "" };
  }
  const parts = withoutMargins(content).split(SEPARATOR);
  const [containerId = "", ifName, ...rest] = parts;
  if (containerId === "" && parts.length === 1) return { kind: "vacant" };
  // File systems that lost power leave blocks of NULs where the text was to be. No name has one;
  // any other character may stand in a name that the Go plugins took.
  if (content.includes("\0")) return { kind: "vacant" };
  if (ifName === undefined) {
    return { kind: "container", containerId, ...(content.endsWith("\n") && { isLine: true }) };
  }
  if (rest.length > 0 || containerId === "" || ifName === "") return { kind: "unknown" };
  return { kind: "attachment", containerId, ifName };
}

/** Without ASCII's white space at both ends: what else `trim` removes may be a part of a name. */
function withoutMargins(text: string): string {
  return text.replace(/^[\t-\r ]+/, "").replace(/[\t-\r ]+$/, "");
}

/** Whether the holder is this attachment, named in full. */
export function isHeldBy(holder: Holder, holding: Holding): boolean {
  return (
    holder.kind === "attachment" &&
    holder.containerId === holding.containerId &&
    holder.ifName === holding.ifName
  );
}

/** Whether the holder is this attachment's container in the form without interface. */
export function isOldHolder(holder: Holder, holding: Holding): boolean {
  return holder.kind === "container" && holder.containerId === holding.containerId;
}
