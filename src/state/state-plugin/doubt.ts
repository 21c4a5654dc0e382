import { Netns } from "../../kernel/netns/index.ts";
import { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { isSame, netnsOfAdd } from "../netns-record/index.ts";
import type { Doubt } from "../repair.ts";
import type { Scene } from "../scene.ts";
import { ownHostLinks } from "../veth/index.ts";

const ELSEWHERE: Doubt = {
  reason: "the path leads to another namespace than that of the ADD",
  isOther: true,
};
const GONE: Doubt = { reason: "the namespace of the ADD is gone", isOther: true };

/** For a plugin of the host alone: where no namespace is noted, its own records have to prove all. */
export function doubtOfPath(ctx: Context, owner: Attachment): Doubt | undefined {
  const noted = netnsOfAdd(ctx, owner);
  if (noted === undefined) return undefined;
  try {
    using there = Netns.open(ctx.daemonServices?.netnsPath ?? ctx.netns);
    return isSame(noted, there) ? undefined : ELSEWHERE;
  } catch {
    return GONE;
  }
}

/**
 * Why the namespace is not proved to be that of the ADD: by its note, or where that is lost by the
 * host's end of the pair, which bears the attachment's mark and which no container can forge.
 */
export function doubtOfNetns({ ctx, owner, namespaces }: Scene): Doubt | undefined {
  const { netns, host, containerLinks } = namespaces;
  if (netns === undefined) return GONE;
  const noted = netnsOfAdd(ctx, owner);
  if (noted !== undefined) return isSame(noted, netns) ? undefined : ELSEWHERE;
  const own = containerLinks.get({ name: owner.ifName });
  const [marked] = ownHostLinks(namespaces, owner);
  const isProved = own !== undefined && marked && link.isPeer(host, marked, own, netns);
  if (isProved === true) return undefined;
  return { reason: "nothing proves that the namespace is that of the ADD", isOther: false };
}
