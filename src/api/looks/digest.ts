import type { AttachmentForm, ChangeForm } from "../../forms/index.ts";
import { attachmentKey } from "../../spec/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import { attachmentForm } from "../form/index.ts";

/** What tells two views of a node apart. */
export interface Digest {
  /** By the keys of the attachments. */
  readonly attachments: ReadonlyMap<string, Marked>;
  /** Of everything else. */
  readonly rest: bigint;
  readonly whole: bigint;
}

interface Marked {
  readonly mark: bigint;
  readonly form: AttachmentForm;
}

/** A change without its number. */
export type Unnumbered = Omit<ChangeForm, "revision">;

/** What passes with time alone, such as the age of what is unfinished, is no part of it. */
export function digestOf(view: NodeView): Digest {
  const attachments = new Map<string, Marked>();
  let whole = 0n;
  for (const one of view.attachments) {
    const form = attachmentForm(one);
    const mark = markOf(one.state === "unfinished" ? { ...form, findings: [] } : form);
    attachments.set(attachmentKey(one), { mark, form });
    whole = markOf(mark.toString(), whole);
  }
  const { links, networks, reservations, problems } = view;
  const rest = markOf([
    [...(links?.byName.values() ?? [])],
    [...networks.values()].map(({ file, config }) => [file, config.text]),
    reservations.map(({ network, address, holder }) => [network, address, holder]),
    problems.map(({ source, text }) => [source, text]),
  ]);
  return { attachments, rest, whole: markOf(rest.toString(), whole) };
}

/** What has become of a node from one view to the next. */
export function changesBetween(before: Digest, after: Digest): Unnumbered[] {
  const changes: Unnumbered[] = [];
  for (const [key, { mark, form }] of after.attachments) {
    const known = before.attachments.get(key);
    if (known?.mark === mark) continue;
    const event = known === undefined ? "attached" : "changed";
    changes.push({ kind: "attachment", event, attachment: form });
  }
  for (const [key, { form }] of before.attachments) {
    if (after.attachments.has(key)) continue;
    changes.push({ kind: "attachment", event: "detached", attachment: form });
  }
  if (before.rest !== after.rest) changes.push({ kind: "node" });
  return changes;
}

function markOf(value: unknown, seed = 0n): bigint {
  return BigInt(Bun.hash(JSON.stringify(value), seed));
}
