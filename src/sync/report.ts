import { defined } from "../base/index.ts";
import type { Repair } from "../plugin/index.ts";
import {
  type Attachment,
  type CniError,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../spec/index.ts";
import type { KnownAttachment } from "../view/index.ts";

/**
 * How an attachment is, all in all: "restorable" where a dry run has left alone what could be put back,
 * "left" where something could not be put back, "skipped" where nothing was looked at.
 */
export type SyncState = "fine" | "restored" | "restorable" | "left" | "skipped";

/** What one plugin of an attachment's network said. */
export interface PluginSync {
  /** The plugin's type. */
  readonly type: string;
  /** The pieces of a plugin that can put them back; absent for any other, which was only checked. */
  readonly pieces?: readonly Repair[];
  /** What CHECK of the plugin missed, or why it could not be asked. */
  readonly error?: CniError;
}

/** What became of one attachment. */
export interface AttachmentSync
  extends Attachment,
    Pick<KnownAttachment, "netns" | "finished" | "earlierBoot"> {
  readonly state: SyncState;
  /** Why it was skipped, or could not be looked at as a whole. */
  readonly reason?: string;
  /** What mends that. */
  readonly advice?: string;
  readonly plugins: readonly PluginSync[];
}

/** The worst of what plugins said. */
export function stateOfSync(plugins: readonly PluginSync[]): SyncState {
  const states = plugins.flatMap(({ pieces = [], error }) => [
    ...(error === undefined ? [] : ["left" as const]),
    ...pieces.map(({ state }) => state),
  ]);
  const order = ["left", "restorable", "restored"] as const;
  return order.find((state) => states.includes(state)) ?? "fine";
}

/** More pieces than any plugin has; what follows is not read. */
const PIECES_MAX = 256;
const STATES: readonly Repair["state"][] = ["fine", "restored", "restorable", "left"];

/** The report that a plugin has printed; undefined for one that was only checked. */
export function repairsIn(answer: string): Repair[] | undefined {
  if (answer.trim() === "") return undefined;
  let value: JsonValue;
  try {
    value = parseJson(answer);
  } catch {
    return undefined;
  }
  const list = isObject(value) ? value["repair"] : undefined;
  if (!Array.isArray(list)) return undefined;
  return list.slice(0, PIECES_MAX).flatMap((each) => repairIn(each) ?? []);
}

function repairIn(value: JsonValue): Repair | undefined {
  if (!isObject(value)) return undefined;
  const { piece } = value;
  const state = STATES.find((each) => each === value["state"]);
  if (typeof piece !== "string" || state === undefined) return undefined;
  const texts = (["missed", "reason", "advice"] as const).flatMap((key) => {
    const text = value[key];
    return typeof text === "string" ? [[key, text] as const] : [];
  });
  return { piece, state, ...Object.fromEntries(texts) };
}

/** The same for programs. */
export function syncToJson(report: AttachmentSync): JsonObject {
  const { network, containerId, ifName, netns, finished, earlierBoot } = report;
  const { state: outcome, reason, advice, plugins } = report;
  return {
    ...{ network, containerId, ifName, netns, finished, earlierBoot },
    ...{ outcome, ...defined({ reason, advice }) },
    plugins: plugins.map(({ type, pieces, error }) => ({
      type,
      ...(pieces && { pieces: pieces.map(pieceToJson) }),
      ...(error && { error: error.toJson() }),
    })),
  };
}

function pieceToJson({ piece, state, missed, reason, advice }: Repair): JsonObject {
  return { piece, outcome: state, ...defined({ missed, reason, advice }) };
}
