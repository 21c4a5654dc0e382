import { type ErrorForm, errorSchema } from "./error.ts";
import { list, maybe, number, object, type Schema, text } from "./schema.ts";

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
  readonly error?: ErrorForm | undefined;
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

export const fleetSideSchema: Schema<FleetSideForm> = object<FleetSideForm>(
  {
    network: text("The fleet's network."),
    overlay: text(),
    blocks: list(text(), "What an ADD may reserve addresses from."),
    node: maybe(text("This node's id in it; absent before it has joined.")),
    waits: maybe(text("Why an ADD has to wait; absent while it need not.")),
  },
  "This node's part in a fleet's network, by its own files alone.",
);

export const networkSchema: Schema<NetworkForm> = object<NetworkForm>(
  {
    network: maybe(text("Absent for a file that is passed over.")),
    cniVersion: maybe(text()),
    file: maybe(text("Absent for a network that no file configures any more.")),
    plugins: maybe(list(object<{ type: string }>({ type: text() }))),
    attachedCount: maybe(number("How many are attached.")),
    unhealthyCount: maybe(number("How many of these are not as they should be.")),
    fleetSide: maybe(fleetSideSchema),
    error: maybe(errorSchema),
  },
  "A file that configures a network, or a network that no file configures any more.",
);

/** The networks of this node, in the order of their files. */
export interface NetworksForm {
  readonly networks: readonly NetworkForm[];
  readonly problems: readonly string[];
}

export const networksSchema: Schema<NetworksForm> = object<NetworksForm>({
  networks: list(networkSchema, "In the order of their files, as runtimes read them."),
  problems: list(text(), "What could not be read."),
});
