import { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import { CniError } from "../../spec/index.ts";
import { collectMacspoof } from "../../steps/macspoof/index.ts";
import { collectMasquerade } from "../../steps/masquerade/index.ts";
import { staleMarks } from "../../steps/owner/index.ts";
import type { Sides } from "../../steps/sides/index.ts";
import { deleteLink } from "../../steps/veth/index.ts";
import { parseIdentity } from "./config.ts";

/**
 * Removes what belongs to attachments of the network that are not valid any more. Goes on past
 * errors and reports them all at the end.
 */
export async function collect(ctx: Context, sides: Sides): Promise<void> {
  const valid = ctx.validAttachments ?? [];
  const { ipamType } = parseIdentity(ctx);
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<void> | void): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  await attempt(() => collectMasquerade(sides, ctx.network, valid, ctx.env));
  await attempt(() => collectMacspoof(sides, ctx.network, valid));
  await attempt(() => collectLinks(sides, staleMarks(ctx.network, valid)));
  if (ipamType !== "") await attempt(() => ctx.delegate.gc(ipamType));
  const [first, ...others] = failures;
  if (first === undefined) return;
  const error = CniError.from(first);
  const texts = others.map((each) => CniError.from(each).message);
  const details = [error.details, ...texts].filter((text) => text !== undefined).join("; ");
  throw new CniError(error.code, error.msg, { details, cause: first });
}

function collectLinks(sides: Sides, isStale: (mark: string) => boolean): void {
  for (const { index, kind, alias } of link.list(sides.host)) {
    if (kind === "veth" && alias !== undefined && isStale(alias)) deleteLink(sides, index);
  }
}
