import type { CniError } from "../../../spec/index.ts";
import { tryAgain } from "../../../state/index.ts";
import type { Conflict } from "../../../state/nft-sets/index.ts";
import { type Target, targetText } from "./mapping.ts";
import { targetOfElement } from "./own.ts";

/** The attachment that has a port, or had it. */
type Held = Pick<Conflict, "holder" | "waits" | "isOwnContainer">;

/**
 * What a mapping does about a port that another attachment has. Nothing is said of a container that
 * maps one port on two of its networks: each of them leads to it.
 */
export function conflictText({ holder, waits, isOwnContainer }: Held): string | undefined {
  if (waits) return isOwnContainer ? undefined : `waits for ${holder}`;
  return holder === ""
    ? "takes over from an unknown owner"
    : `takes over from ${holder}, whose namespace is gone`;
}

/** The mapping that a conflict is about; undefined when it is about no port. */
export function targetOfConflict({ want }: Conflict): Target | undefined {
  return targetOfElement(want.set.name, want.key, want.data);
}

/** For `"portConflict": "refuse"`: the error of a port that another container has. */
export function refusalOf(conflict: Conflict): CniError | undefined {
  const target = targetOfConflict(conflict);
  if (target === undefined) return undefined;
  return tryAgain(`${targetText(target)}: ${conflict.holder} has the port`, {
    details: 'with "portConflict": "wait" the mapping begins when that attachment is gone',
  });
}
