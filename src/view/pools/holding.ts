import { Ip } from "../../addr/index.ts";
import type { NodeAttachment, NodeView } from "../attachments/index.ts";
import type { Reservation } from "../sources/index.ts";

/** What became of a reservation. */
export type HoldingState =
  /** An attachment has it. */
  | "attached"
  /** Its ADD is under way, or was cut short. */
  | "unfinished"
  /** The namespace of its attachment is gone, and no DEL has come. */
  | "orphan"
  /** Nothing else knows of the attachment that it names. */
  | "leak"
  /** A line of text in the file keeps the address from being handed out. */
  | "kept"
  /** The file says nothing that can be understood. */
  | "unclear";

/** A reservation with the attachment that it is for. */
export interface Holding {
  readonly network: string;
  readonly ip: Ip;
  readonly path: string;
  readonly state: HoldingState;
  /** As the file names it, where it does. */
  readonly containerId: string;
  readonly ifName: string;
  readonly attachment?: NodeAttachment;
}

/** Each reservation of the node, those aside that are free because their writers died; in order. */
export function holdingsOf({ reservations, attachments }: NodeView): Holding[] {
  const owners = new Map<Reservation, NodeAttachment>();
  for (const attachment of attachments) {
    for (const one of attachment.reservations) owners.set(one, attachment);
  }
  return reservations
    .flatMap((one) => {
      const { network, address, path, holder } = one;
      const ip = Ip.tryParse(address);
      if (ip === undefined || holder.kind === "vacant") return [];
      const attachment = owners.get(one);
      const containerId = "containerId" in holder ? holder.containerId : "";
      const ifName = "ifName" in holder ? holder.ifName : "";
      const state = stateOf(attachment, one);
      const holding: Holding = { network, ip, path, state, containerId, ifName };
      return [attachment === undefined ? holding : { ...holding, attachment }];
    })
    .toSorted((one, other) => one.ip.compare(other.ip));
}

function stateOf(attachment: NodeAttachment | undefined, { holder }: Reservation): HoldingState {
  if (attachment === undefined) return holder.kind === "container" ? "kept" : "unclear";
  const { state } = attachment;
  return state === "ok" || state === "drift" ? "attached" : state;
}

/** Whether the address is lost to others although no attachment has it. */
export function isLeaked({ state }: Pick<Holding, "state">): boolean {
  return state === "orphan" || state === "leak";
}
