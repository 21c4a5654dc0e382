import { link } from "../../../kernel/route/index.ts";
import type { Scene } from "../../../state/index.ts";
import { isOwnInside } from "../../../state/netns-record/index.ts";
import { ownerComment } from "../../../state/owner/index.ts";

/** Whether a link is a tap, on kernels too that do not tell the mode (before 4.20). */
export function isTap({ kind, tun, hardwareType }: link.Link): boolean {
  if (kind !== "tun") return false;
  return tun?.mode === undefined ? hardwareType === link.ARPHRD_ETHER : tun.mode === "tap";
}

/** The attachment's tap: by its name, or by its mark when the container renamed it. */
export function findTap(scene: Scene): link.Link | undefined {
  const { namespaces, owner } = scene;
  const named = namespaces.containerLinks.get({ name: owner.ifName });
  if (named !== undefined && isTap(named) && isOwnInside(scene, named)) return named;
  const mark = ownerComment(owner);
  const all = namespaces.containerLinks.list({ kind: "tun" });
  return all.find((each) => each.alias === mark && isTap(each));
}
