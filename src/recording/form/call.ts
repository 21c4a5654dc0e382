import type { Door } from "../observe/index.ts";

/** The version of this form, which stands in each line. */
export const FORM = 1;

/** A step of a plugin; times are in milliseconds, `at` from the beginning of the recorded call. */
export interface RecordedStep {
  readonly plugin: string;
  readonly step: string;
  readonly text: string;
  readonly at: number;
  readonly ms: number;
}

/** How a call ended. */
export interface RecordedEnd {
  /** Null when a signal ended the plugin, or it was never started. */
  readonly exitCode: number | null;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it failed: by the plugin's own error, else in words of its caller. */
  readonly error?: { readonly code: number; readonly msg: string };
}

/** A call, and the calls that it made of other plugins. */
export interface RecordedPart extends RecordedEnd {
  readonly operation: string;
  readonly plugin: string;
  /** The executable, where it is known. */
  readonly path?: string;
  /** Of the span, 16 hexadecimal digits. */
  readonly id: string;
  readonly at: number;
  readonly ms: number;
  readonly steps: readonly RecordedStep[];
  readonly calls: readonly RecordedPart[];
}

/** A call as a runtime, or a plugin that is not Hawser's, has made it. */
export interface RecordedCall extends RecordedPart {
  readonly v: typeof FORM;
  /** When it began: ISO 8601, in UTC. */
  readonly time: string;
  readonly traceId: string;
  /** The span of the caller. */
  readonly parentId?: string;
  readonly door: Door;
  readonly pid: number;
  /** The command name of the process that started the plugin: a hint. */
  readonly runtime?: string;
  /** "" where the call has none. */
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absent when it was too long, or no JSON, so that its secrets could not be found. */
  readonly stdin?: string;
  readonly stdinLength: number;
  readonly waitedMs?: number;
  readonly abandoned?: true;
  /** Where a secret stood, and which variables have lost their values. */
  readonly masked: readonly string[];
  /** What is not whole, in words. */
  readonly cut: readonly string[];
}
