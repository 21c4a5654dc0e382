import { defined } from "../base/index.ts";
import { isOwnPath, leadsTo } from "../kernel/netns/index.ts";
import { REPAIR_VARIABLE, type Repair } from "../plugin/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { attachmentKey, CniError } from "../spec/index.ts";
import { isDead, type KnownAttachment, nameOf } from "../view/index.ts";
import { type AttachmentSync, type PluginSync, repairsIn, stateOfSync } from "./report.ts";

/** How attachments are put right. */
export interface SyncOptions {
  /** Calls the plugins, and keeps ADD and DEL of the attachment away meanwhile. */
  readonly runtime: Runtime;
  /** Nothing is touched: the report says what could be put back. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Called when an attachment has been looked at, perhaps once more when others are right. */
  readonly onAttachment?: (report: AttachmentSync) => void;
}

/**
 * Checks attachments one after the other, plugin by plugin in the order of their lists, and puts back
 * what is missed. What is left then is looked at once more: it may have waited for a later plugin, or
 * for another attachment.
 */
export async function syncAttachments(
  known: readonly KnownAttachment[],
  options: SyncOptions,
): Promise<AttachmentSync[]> {
  const reports = new Map<string, AttachmentSync>();
  const look = async (one: KnownAttachment): Promise<AttachmentSync> => {
    options.signal?.throwIfAborted();
    const report = await syncOne(one, options);
    reports.set(attachmentKey(one), report);
    options.onAttachment?.(report);
    return report;
  };
  for (const one of known) await look(one);
  const all = [...reports.values()];
  if (all.some(({ plugins }) => stateOfPieces(plugins, "restored"))) {
    for (const one of known) {
      const before = reports.get(attachmentKey(one));
      if (before === undefined || !stateOfPieces(before.plugins, "left")) continue;
      const again = await look(one);
      reports.set(attachmentKey(one), withEarlier(before, again));
    }
  }
  return [...reports.values()];
}

function stateOfPieces(plugins: readonly PluginSync[], sought: "restored" | "left"): boolean {
  return plugins.some(({ pieces = [] }) => pieces.some(({ state }) => state === sought));
}

/** What is fine at the second look, and was not at the first, has been put back. */
function withEarlier(before: AttachmentSync, again: AttachmentSync): AttachmentSync {
  const plugins = again.plugins.map((plugin, at): PluginSync => {
    const earlier = before.plugins[at]?.pieces ?? [];
    const pieces = plugin.pieces?.map((piece): Repair => {
      const one = earlier.find((each) => each.piece === piece.piece);
      if (piece.state !== "fine" || one === undefined || one.state === "fine") return piece;
      return { piece: piece.piece, state: "restored", ...defined({ missed: one.missed }) };
    });
    return { ...plugin, ...defined({ pieces }) };
  });
  return again.state === "skipped" ? again : { ...again, plugins, state: stateOfSync(plugins) };
}

async function syncOne(one: KnownAttachment, options: SyncOptions): Promise<AttachmentSync> {
  const { network, containerId, ifName, netns, finished, earlierBoot } = one;
  const subject = { network, containerId, ifName, netns, finished, earlierBoot };
  const skipped = skippedFor(one);
  if (skipped !== undefined) return { ...subject, plugins: [], ...skipped };
  const { runtime, dryRun = false, signal } = options;
  try {
    const variables = { [REPAIR_VARIABLE]: dryRun ? "dry-run" : "1" };
    const checks = await runtime.checkEach(subject, variables, defined({ signal }));
    if (checks.length === 0) {
      const reason = `${network} says "disableCheck"`;
      return { ...subject, state: "skipped", plugins: [], reason };
    }
    const plugins = checks.map(({ type, answer, error }): PluginSync => {
      return { type, ...defined({ pieces: repairsIn(answer), error }) };
    });
    return { ...subject, state: stateOfSync(plugins), plugins };
  } catch (error) {
    signal?.throwIfAborted();
    const { message: reason, advice } = CniError.from(error);
    return { ...subject, state: "left", plugins: [], reason, ...defined({ advice }) };
  }
}

/** Why an attachment is not looked at. */
function skippedFor(
  one: KnownAttachment,
): Pick<AttachmentSync, "state" | "reason" | "advice"> | undefined {
  const state = "skipped";
  const { network, netns, identity } = one;
  const gc = `hawser gc ${network} --dead`;
  if (one.earlierBoot) return { state, reason: "it is of an earlier boot", advice: gc };
  if (!one.isCached) return { state, reason: "no runtime remembers the result of its ADD" };
  if (!one.finished) {
    const advice = `hawser del ${network} --id ${one.containerId} --ifname ${one.ifName}`;
    return { state, reason: "its ADD is under way, or was cut short", advice };
  }
  if (isDead(one)) return { state, reason: "its namespace is gone", advice: gc };
  const isElsewhere =
    identity !== undefined && netns !== "" && !isOwnPath(netns) && !leadsTo(netns, identity);
  if (!isElsewhere) return undefined;
  const reason = `${netns} leads to another namespace than that of ${nameOf(one)}`;
  return { state: "left", reason };
}
