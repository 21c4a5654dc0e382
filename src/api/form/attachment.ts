import { defined } from "../../base/index.ts";
import type {
  AttachmentDetailForm,
  AttachmentForm,
  InsideForm,
  LinkForm,
  PeriodForm,
} from "../../forms/index.ts";
import type { Period } from "../../journal/index.ts";
import type { AttachedLink, Detail, Inside, NodeAttachment } from "../../view/attachments/index.ts";
import { viewFindingForm } from "./finding.ts";

/** An attachment: the same everywhere. */
export function attachmentForm(one: NodeAttachment): AttachmentForm {
  const { network, containerId, ifName, netns, finished, earlierBoot, netnsState } = one;
  const { pod, mac, hostLink, since, networkFile, cacheFile } = one;
  return {
    ...{ network, containerId, ifName, netns, finished, earlierBoot },
    ...{ state: one.state, netnsState, sources: [...one.sources] },
    addresses: [...one.addresses],
    ports: one.ports.map((port) => ({ ...port })),
    reservations: one.reservations.map(({ address, path }) => ({ address, path })),
    findings: one.findings.map(viewFindingForm),
    ...defined({
      pod: pod && { ...pod },
      mac,
      hostLink: hostLink && linkForm(hostLink),
      since: since === undefined ? undefined : new Date(since).toISOString(),
      ...{ networkFile, cacheFile },
    }),
  };
}

/** What more a close look tells of it. */
export type StandingForm = Omit<AttachmentDetailForm, "asked" | "promised" | "calls" | "problems">;

/** What was promised against what stands. */
export function standingForm({
  attachment,
  promised,
  inside,
  rules,
  history,
}: Detail): StandingForm {
  return {
    ...attachmentForm(attachment),
    ...defined({ inside: inside && insideForm(inside) }),
    routes: (promised?.routes ?? []).map(({ dst, gw }) => ({ dst, ...defined({ gw }) })),
    rules: rules.map((rule) => ({ ...rule })),
    history: history.map(periodForm),
  };
}

export function periodForm(period: Period): PeriodForm {
  return { ...period, addresses: [...period.addresses] };
}

function insideForm({ link, addresses, routes }: Inside): InsideForm {
  return {
    ...defined({ link: link && { ...link } }),
    addresses: [...addresses],
    routes: routes.map((route) => ({ ...route })),
  };
}

function linkForm({ name, index, kind, up, operstate, master }: AttachedLink): LinkForm {
  return { name, ...defined({ index, kind, up, operstate, master }) };
}
