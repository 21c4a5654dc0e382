import { CniError, ErrorCode } from "../spec/index.ts";
import type { Manifest } from "./manifest.ts";
import { rememberedAttachments } from "./remembered.ts";
import type { InstallRequest } from "./wanted.ts";

/**
 * Lets an older version take the place of a newer one only while it can detach what is attached.
 * @throws CniError of code 11 when it cannot
 */
export function refuseOlder(
  { version, state }: Pick<InstallRequest, "version" | "state">,
  before: Manifest | undefined,
): void {
  if (before === undefined || before.state <= state.format) return;
  const attached = rememberedAttachments(state);
  if (attached.length === 0) return;
  const names = [...new Set(attached.map(({ name }) => name))];
  const shown = names.slice(0, NAMED_MAX).join(", ");
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
  throw new CniError(
    ErrorCode.TRY_AGAIN_LATER,
    `nothing was done: Hawser ${before.hawser} is installed, and ${version} cannot read what it keeps`,
    { details: `remove the containers that it has attached first: ${shown}${more}` },
  );
}

const NAMED_MAX = 5;
