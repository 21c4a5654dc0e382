/** A file that configures a network, or a network that no file configures any more. */
export interface NetworkForm {
  /** Absent for a file that is passed over. */
  readonly network?: string | undefined;
  readonly cniVersion?: string | undefined;
  readonly file?: string | undefined;
  readonly plugins?: readonly { readonly type: string }[] | undefined;
  readonly attachedCount?: number | undefined;
  readonly unhealthyCount?: number | undefined;
  /** Where its addresses come from a fleet: what this node has of them. */
  readonly fleetSide?: FleetSideForm | undefined;
  /** Why the file is passed over. */
  readonly error?: { readonly code: number; readonly msg: string } | undefined;
}

/** This node's part in a fleet's network, by its own files alone. */
export interface FleetSideForm {
  readonly network: string;
  readonly overlay: string;
  /** What an ADD may reserve from. */
  readonly blocks: readonly string[];
  /** This node's id; absent before it has joined. */
  readonly node?: string | undefined;
  /** Why an ADD has to wait; absent while it need not. */
  readonly waits?: string | undefined;
}
