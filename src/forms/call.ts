import type { AttachmentNameForm, PodForm } from "./name.ts";

/** What a runtime asked for at once: its calls of the plugins of one list. */
export interface CallGroupForm extends AttachmentNameForm {
  /** Of the first call. */
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly operation: string;
  readonly netns: string;
  readonly pod?: PodForm | undefined;
  /** The command name of the caller: a hint. */
  readonly runtime?: string | undefined;
  /** Of all its calls together, in milliseconds. */
  readonly ms: number;
  readonly failed: boolean;
  readonly calls: readonly CallForm[];
}

/** A call of a plugin, with its delegates and its phases. */
export interface CallForm {
  /** Of its span, 16 hexadecimal digits. */
  readonly id: string;
  readonly operation: string;
  readonly plugin: string;
  readonly path?: string | undefined;
  readonly door?: "executable" | "in process" | "daemon" | undefined;
  /** Milliseconds from the beginning of the runtime's call. */
  readonly at?: number | undefined;
  readonly ms: number;
  /** Null when a signal ended the plugin, or it was never started. */
  readonly exitCode: number | null;
  readonly error?: { readonly code: number; readonly msg: string } | undefined;
  readonly steps?: readonly CallStepForm[] | undefined;
  /** The calls that it made of other plugins. */
  readonly calls?: readonly CallForm[] | undefined;
}

/** What a plugin did for one kind of network state. */
export interface CallStepForm {
  readonly plugin: string;
  readonly step: string;
  readonly text: string;
  /** Milliseconds from the beginning of its call. */
  readonly at: number;
  readonly ms: number;
}

/** The calls of this node that were recorded. */
export interface CallsForm {
  /** Whether calls are recorded now; without that there are none to show. */
  readonly recording: boolean;
  /** The newest first. */
  readonly groups: readonly CallGroupForm[];
  /** There are older ones that this answer leaves out. */
  readonly more: boolean;
}
