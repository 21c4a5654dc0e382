import * as v from "valibot";
import { type AttachmentNameForm, NAMES, type PodForm, podSchema } from "./name.ts";
import {
  flag,
  type Keys,
  list,
  maybe,
  number,
  object,
  one,
  type Schema,
  text,
  time,
} from "./schema.ts";

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
  /** When it began, ISO 8601; of a call of a runtime. */
  readonly time?: string | undefined;
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
  /** Milliseconds from the beginning of the runtime's call. */
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

export const callStepSchema: Schema<CallStepForm> = object<CallStepForm>({
  plugin: text(),
  step: text(),
  text: text(),
  at: number("Milliseconds from the beginning of the runtime's call."),
  ms: number(),
});

const CALL: Keys<CallForm> = {
  id: text("Of its span, 16 hexadecimal digits."),
  time: maybe(time("When it began; of a call of a runtime.")),
  operation: text(),
  plugin: text(),
  path: maybe(text("The executable, where it is known.")),
  door: maybe(one(["executable", "in process", "daemon"])),
  at: maybe(number("Milliseconds from the beginning of the runtime's call.")),
  ms: number(),
  exitCode: v.pipe(
    v.nullable(v.number()),
    v.description("Null when a signal ended the plugin, or it was never started."),
  ),
  error: maybe(object<{ code: number; msg: string }>({ code: number(), msg: text() })),
  steps: maybe(list(callStepSchema)),
  calls: maybe(
    list(
      v.lazy(() => callSchema),
      "The calls that it made of other plugins.",
    ),
  ),
};

export const callSchema: Schema<CallForm> = object(
  CALL,
  "A call of a plugin, with its delegates and its phases. Secrets are masked.",
);

export const callGroupSchema: Schema<CallGroupForm> = object<CallGroupForm>(
  {
    ...NAMES,
    id: text("Of the first call."),
    time: time(),
    operation: text(),
    netns: text(),
    pod: maybe(podSchema),
    runtime: maybe(text("The command name of the caller: a hint.")),
    ms: number("Of all its calls together."),
    failed: flag(),
    calls: list(callSchema),
  },
  "The calls of one operation of a runtime: the plugins of a network.",
);

export const callsSchema: Schema<CallsForm> = object<CallsForm>({
  recording: flag("Whether calls are recorded now; without that there are none to show."),
  groups: list(callGroupSchema, "The newest first."),
  more: flag("There are older ones that this answer leaves out."),
});
