import { readSysctl, writeSysctl } from "../../kernel/sysctl/index.ts";
import type { Rollback } from "../kind.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { setBestEffort } from "../sysctl.ts";

/** The sysctl by which the whole host forwards. */
export const SWITCHES = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

/** What the kernel sets along with it, besides `forwarding` of each link. */
const BESIDES = { 4: ["net/ipv4/conf/all/accept_redirects"], 6: [] } as const;

/**
 * Lets the host forward a family. The kernel sets other sysctls along with the switch, in both
 * directions, so a rollback gives those the values that they had.
 *
 * @param isShared Whether other attachments rely on it by the time of the rollback
 */
export function switchOn(
  namespaces: Namespaces,
  family: 4 | 6,
  isShared: () => boolean,
  rollback: Rollback,
): void {
  const key = SWITCHES[family];
  const before = sysctlsBeside(namespaces, family);
  rollback.defer(() => {
    if (isShared()) return;
    writeSysctl(key, "0");
    for (const [each, value] of before) {
      if (readIfThere(each) !== value) setBestEffort(each, value);
    }
  });
  writeSysctl(key, "1");
}

/**
 * Tells, at a later time, whether attachments beside the own may rely on what is off now. A pair of
 * links that is there already and is no attachment of ours does without it.
 */
export function sharing({ namespaces: { hostLinks }, owner }: Scene): () => boolean {
  const own = ownerComment(owner);
  const present = new Set(hostLinks.list({ kind: "veth" }).map(({ index }) => index));
  return () =>
    hostLinks
      .list({ kind: "veth" })
      .some(({ index, alias }) => (alias === undefined ? !present.has(index) : alias !== own));
}

function sysctlsBeside({ hostLinks }: Namespaces, family: 4 | 6): Map<string, string> {
  const names = ["default", ...hostLinks.list().map(({ name }) => name)];
  const keys = names.map((name) => `net/ipv${family}/conf/${name}/forwarding`);
  const known = new Map<string, string>();
  for (const key of [...keys, ...BESIDES[family]]) {
    const value = readIfThere(key);
    if (value !== undefined) known.set(key, value);
  }
  return known;
}

/** Undefined where the link is gone or has none of the family. */
function readIfThere(key: string): string | undefined {
  try {
    return readSysctl(key);
  } catch {
    return undefined;
  }
}
