/** What a report holds: answers of the API by their paths, as the page asks for them. */
import { bareAddress } from "../../base/index.ts";

/** Asks the API for a path below its root. @throws Error where there is no answer */
export type Ask = (path: string) => Promise<unknown>;

export interface ReportAnswers {
  readonly answers: Readonly<Record<string, unknown>>;
  /** What the report would have been too large with: how many of each kind. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Lists that could not be had, and why. */
  readonly problems: readonly string[];
}

/** A page of this size opens at once, and fits into a letter. */
const MAX_BYTES: number = 16 * 1024 * 1024;

const LISTS = [
  ...["node", "networks", "attachments", "links", "ranges", "ports", "rules", "calls"],
  ...["findings", "fleet", "map"],
];

/** Something with an answer of its own. */
interface Wanted {
  /** As it is named when it is left out. */
  readonly kind: string;
  readonly path: string;
}

/** Asks for everything: what needs attention first, until there are so many bytes. */
export async function collectAnswers(
  ask: Ask,
  { maxBytes = MAX_BYTES, onError }: { maxBytes?: number; onError: (error: unknown) => string },
): Promise<ReportAnswers> {
  const answers: Record<string, unknown> = {};
  const problems: string[] = [];
  const leftOut: Record<string, number> = {};
  let bytes = 0;
  const take = async ({ kind, path }: Wanted): Promise<void> => {
    const answer = bytes >= maxBytes ? undefined : await ask(path);
    const size = answer === undefined ? 0 : Buffer.byteLength(JSON.stringify(answer));
    if (answer === undefined || bytes + size > maxBytes) {
      leftOut[kind] = (leftOut[kind] ?? 0) + 1;
      return;
    }
    bytes += size;
    answers[path] = answer;
  };
  for (const path of LISTS) {
    try {
      await take({ kind: path, path });
    } catch (error) {
      problems.push(`${path}: ${onError(error)}`);
    }
  }
  for (const wanted of singlesOf(answers)) {
    // What has gone since the lists were made is not there to be shown.
    await take(wanted).catch(() => undefined);
  }
  return { answers, leftOut, problems };
}

/** What the lists name, the faulty first. */
function singlesOf(answers: Readonly<Record<string, unknown>>): Wanted[] {
  const list = (name: string, key: string): readonly Named[] => {
    const value = answers[name];
    const found = isRecord(value) ? value[key] : undefined;
    return Array.isArray(found) ? found.filter(isRecord) : [];
  };
  const attachments = list("attachments", "attachments").toSorted(
    (one, other) => Number(one["state"] === "ok") - Number(other["state"] === "ok"),
  );
  const ports = list("ports", "ports").map(
    ({ protocol, hostPort }) => `${String(protocol)}/${String(hostPort)}`,
  );
  return [
    ...list("ranges", "ranges").map((_, at): Wanted => ({ kind: "ranges", path: `ranges/${at}` })),
    ...attachments.map((one): Wanted => ({ kind: "attachments", path: attachmentPath(one) })),
    ...[...new Set(ports)].map((port): Wanted => ({ kind: "ways", path: wayPath({ port }) })),
    ...attachments
      .flatMap(addressesOf)
      .map((address): Wanted => ({ kind: "ways", path: wayPath({ address }) })),
    ...list("calls", "groups").map(({ id }): Wanted => {
      return { kind: "calls", path: `calls/${encodeURIComponent(String(id))}` };
    }),
  ];
}

type Named = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Named {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function attachmentPath({ network, containerId, ifName }: Named): string {
  const words = [network, containerId, ifName].map((word) => encodeURIComponent(String(word)));
  return `attachments/${words.join("/")}`;
}

function wayPath(goal: Readonly<Record<string, string>>): string {
  return `path?${new URLSearchParams(goal).toString()}`;
}

function addressesOf({ addresses }: Named): string[] {
  const texts = Array.isArray(addresses) ? addresses : [];
  return texts.map((text) => bareAddress(String(text)));
}
