/** `hawser diff`: which attachments an edited configuration is about, and how each could be moved. */
import { createColors } from "picocolors";
import { printable } from "../../base/index.ts";
import { networkFromText } from "../../runtime/index.ts";
import {
  CniError,
  type JsonObject,
  type JsonValue,
  type NetworkConfig,
  printJson,
} from "../../spec/index.ts";
import { commandsToAttachAgain, type NodeAttachment } from "../../view/attachments/index.ts";
import { type Change, changesOf, type Move } from "../../view/edit/index.ts";
import { attachmentJson } from "../attachment-json.ts";
import { nameShown } from "../attachments.ts";
import { ConfigError } from "../failure.ts";
import type { CliIo } from "../io.ts";
import { readNode } from "../node.ts";
import { type CommonOptions, findNetwork } from "../request.ts";
import { Session } from "../session.ts";

/** What `diff` has beside the common options. */
export interface DiffOptions extends CommonOptions {
  /** `cached`, or the file of another configuration. */
  readonly against?: string;
}

/** An attachment, and what an ADD by the configuration now would make otherwise. */
interface Affected {
  readonly one: NodeAttachment;
  /** Undefined where the configuration of its ADD is not known. */
  readonly changes: readonly Change[] | undefined;
}

/** `hawser diff NETWORK|FILE` */
export async function runDiff(io: CliIo, name: string, options: DiffOptions): Promise<number> {
  const session = new Session(io, options, "DIFF");
  return await session.run(async () => {
    const { against = "cached" } = options;
    const then = against === "cached" ? undefined : named(io, against, options);
    const attachments = readNode(session).attachments.filter(({ cached }) => cached !== undefined);
    const now = configured(session, name, attachments);
    const meant = attachments.filter(({ network }) => network === (now?.name ?? name));
    session.about({ against });
    const affected = meant.map((one): Affected => ({ one, changes: changesFor(one, now, then) }));
    const former = now === undefined ? [] : ofFormerName(attachments, now);
    session.answer({
      configured: now !== undefined,
      attachments: affected.map((each) => affectedJson(each)),
      former: former.map(attachmentJson),
    });
    tell(session, now?.name ?? name, affected, former, now !== undefined);
  });
}

/**
 * The configuration as it is now; undefined where no file has it any more, and something is attached by it.
 * @throws ConfigError for a name that nothing has, too
 */
function configured(
  session: Session,
  name: string,
  attachments: readonly NodeAttachment[],
): NetworkConfig | undefined {
  try {
    return session.network(name).config;
  } catch (error) {
    if (name.includes("/") || !attachments.some(({ network }) => network === name)) throw error;
    session.warn((error as Error).message);
    return undefined;
  }
}

function named(io: CliIo, file: string, options: DiffOptions): NetworkConfig {
  try {
    return findNetwork(io, file, options).config;
  } catch (error) {
    throw new ConfigError(CniError.from(error));
  }
}

function changesFor(
  { network, addresses, cached }: NodeAttachment,
  now: NetworkConfig | undefined,
  then: NetworkConfig | undefined,
): readonly Change[] | undefined {
  if (now === undefined) return [unconfigured(network)];
  const before = then ?? remembered(cached?.config);
  return before && changesOf(before, now, { network, addresses });
}

function unconfigured(network: string): Change {
  const effect =
    "no file has the network any more: its DEL goes by the configuration of its ADD, and no runtime's GC reaches it";
  return { key: "name", kind: "removed", was: network, effect, move: "nothing" };
}

function remembered(text: string | undefined): NetworkConfig | undefined {
  try {
    return text === undefined ? undefined : networkFromText(text);
  } catch {
    return undefined;
  }
}

/** Attachments by the very plugins of this network, of one that has another name and no file. */
function ofFormerName(
  attachments: readonly NodeAttachment[],
  now: NetworkConfig,
): readonly NodeAttachment[] {
  return attachments.filter(({ network, networkFile, cached, addresses }) => {
    if (network === now.name || networkFile !== undefined) return false;
    const before = remembered(cached?.config);
    if (before === undefined) return false;
    const [only, ...others] = changesOf(before, now, { network, addresses });
    return only?.key === "name" && others.length === 0;
  });
}

const ORDER: readonly Move[] = ["nothing", "reattach", "restart"];

/** What all changes together need. A pod is its runtime's, which has to know of a new address. */
function moveOf({ one, changes = [] }: Affected): Move {
  const most = Math.max(0, ...changes.map(({ move }) => ORDER.indexOf(move)));
  return most > 0 && one.pod !== undefined ? "restart" : (ORDER[most] ?? "nothing");
}

function affectedJson(affected: Affected): JsonObject {
  const { one, changes } = affected;
  const move = moveOf(affected);
  return {
    ...{ network: one.network, ...attachmentJson(one), addresses: [...one.addresses] },
    ...(changes === undefined
      ? { known: false }
      : { known: true, move, changes: changes.map((change) => ({ ...change })) }),
    ...(move === "reattach" && { commands: commandsToAttachAgain(one) }),
  };
}

function tell(
  session: Session,
  network: string,
  affected: readonly Affected[],
  former: readonly NodeAttachment[],
  isConfigured: boolean,
): void {
  const groups = Map.groupBy(
    affected.filter(({ changes }) => changes === undefined || changes.length > 0),
    (each) => groupKey(each),
  );
  for (const group of groups.values()) tellGroup(session, group);
  for (const one of former) {
    session.say(
      `${nameOfOne(one)} is attached to ${one.network}, by the same plugins: was the network renamed?`,
    );
  }
  const same = affected.filter(({ changes }) => changes?.length === 0).length;
  const rest = affected.length - same;
  if (affected.length === 0) session.say(`nothing is attached to ${network}`);
  else if (rest === 0) session.say(`${countOf(affected)} of ${network} as it is configured`);
  else session.say(`${countOf(affected)} of ${network}: ${rest} differ, ${same} as configured`);
  if (!isConfigured) session.say(`no file configures ${network}`);
}

function countOf(affected: readonly Affected[]): string {
  return affected.length === 1 ? "1 attachment" : `${affected.length} attachments`;
}

/** Attachments that differ in the same are printed together. */
function groupKey(affected: Affected): string {
  const { changes } = affected;
  return changes === undefined
    ? ""
    : [moveOf(affected), ...changes.map((change) => changeText(change))].join("\n");
}

/** Of a group that needs the same, the commands of so many are printed. */
const COMMANDS_MAX = 5;

function tellGroup(session: Session, group: readonly Affected[]): void {
  const [first] = group;
  if (first === undefined) return;
  const colors = createColors(session.io.stdout.color);
  session.say(colors.bold(group.map(({ one }) => nameOfOne(one)).join(", ")));
  if (first.changes === undefined) {
    session.say("  the configuration of its ADD is not known");
    return;
  }
  for (const change of first.changes) {
    const sign = {
      changed: colors.yellow("~"),
      added: colors.green("+"),
      removed: colors.red("-"),
    };
    session.say(`  ${sign[change.kind]} ${changeText(change)}`);
    session.say(`      ${change.effect}`);
  }
  const move = moveOf(first);
  if (move === "nothing") session.say("  to do: nothing");
  if (move === "restart") session.say("  to do: restart the container, by its runtime");
  if (move !== "reattach") return;
  session.say("  to do: attach it anew, which ends its connections:");
  for (const { one } of group.slice(0, COMMANDS_MAX)) {
    for (const command of commandsToAttachAgain(one)) session.say(`    ${printable(command)}`);
  }
  const more = group.length - COMMANDS_MAX;
  if (more > 0) session.say(`    and so on for ${more} more, which --json tells as well`);
}

function nameOfOne(one: NodeAttachment): string {
  return printable(`${nameShown(one)}:${one.ifName}`);
}

function changeText({ plugin, key, kind, was, is }: Change): string {
  const what = [...(plugin === undefined ? [] : [plugin]), ...(key === "" ? [] : [key])].join(" ");
  const values =
    was === undefined && is === undefined
      ? kind === "changed"
        ? "in another order"
        : kind
      : `${valueText(was)} → ${valueText(is)}`;
  return printable(`${what}: ${values}`);
}

/** Longer values say nothing to people; JSON has them whole. */
const LONGEST = 60;

function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return "none";
  const text = printJson(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
