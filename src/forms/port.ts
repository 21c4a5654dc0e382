import { type AttachmentNameForm, KNOWN_NAMES, knownNameSchema } from "./name.ts";
import { list, maybe, number, object, one, type Schema, text } from "./schema.ts";

/** A port of the host and where it leads. */
export interface HostPortForm extends Partial<AttachmentNameForm> {
  readonly hostPort: number;
  readonly protocol: string;
  /** Absent for all addresses of the host. */
  readonly hostIP?: string | undefined;
  /** The container's. */
  readonly address: string;
  readonly containerPort: number;
  readonly state: "mapped" | "waiting" | "dead" | "unknown" | "missing" | "noted";
  /** What has the port while this one waits. */
  readonly holder?: Partial<AttachmentNameForm> | undefined;
  readonly sources: readonly string[];
}

/** A socket of the host that listens on such a port. */
export interface ListenerForm {
  readonly protocol: string;
  readonly port: number;
  readonly address: string;
  readonly process?: { readonly pid: number; readonly name: string } | undefined;
}

export interface PortsForm {
  readonly ports: readonly HostPortForm[];
  readonly listeners: readonly ListenerForm[];
  readonly problems: readonly string[];
}

export const hostPortSchema: Schema<HostPortForm> = object<HostPortForm>({
  hostPort: number(),
  protocol: text(),
  hostIP: maybe(text("Absent for all addresses of the host.")),
  address: text("The container's."),
  containerPort: number(),
  ...KNOWN_NAMES,
  state: one(["mapped", "waiting", "dead", "unknown", "missing", "noted"]),
  holder: maybe(knownNameSchema),
  sources: list(text()),
});

export const listenerSchema: Schema<ListenerForm> = object<ListenerForm>({
  protocol: text(),
  port: number(),
  address: text(),
  process: maybe(object<{ pid: number; name: string }>({ pid: number(), name: text() })),
});

export const portsSchema: Schema<PortsForm> = object<PortsForm>({
  ports: list(hostPortSchema, "Ports of the host that lead to a container, or should."),
  listeners: list(listenerSchema, "Processes of the host that wait on these ports."),
  problems: list(text(), "What could not be read."),
});
