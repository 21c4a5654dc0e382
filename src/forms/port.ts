import type { AttachmentNameForm } from "./name.ts";

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
}
