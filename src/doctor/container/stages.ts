/** The stages of a container, in the order of a packet's way. */
import { lookAtConfiguration } from "../configuration.ts";
import { lookAtExecutables } from "../executables.ts";
import { lookAtLimits } from "../limits.ts";
import { NotReached, type StageSpec } from "../report.ts";
import { textAt } from "../subject.ts";
import { attachment, reservation } from "./attachment.ts";
import { containerFilter } from "./container-filter.ts";
import { dns } from "./dns.ts";
import type { Examination } from "./examination.ts";
import { filter } from "./filter.ts";
import { bridgePort, hostEnd } from "./host-end.ts";
import { forwarding, hostRoute } from "./host-route.ts";
import { addresses, containerInterface } from "./interface.ts";
import { masquerading } from "./masquerade.ts";
import { mtu } from "./mtu.ts";
import { namespace } from "./namespace.ts";
import { ports } from "./ports.ts";
import { containerRoute, neighbours } from "./route.ts";

const configuration: StageSpec<Examination> = {
  name: "configuration",
  title: "configuration",
  async look({ subject, node }, report) {
    if (!subject.isKnown) throw new NotReached("no attachment is known");
    await lookAtConfiguration(node, report, subject.network);
  },
};

const executables: StageSpec<Examination> = {
  name: "executables",
  title: "executables",
  async look({ subject, node }, report) {
    const { network, plugins } = subject;
    const { config } = node.view.networks.get(network) ?? {};
    const version = config?.cniVersion ?? textAt(plugins[0], "cniVersion");
    const fitting = version === "" ? [] : [{ name: network, version, plugins }];
    await lookAtExecutables(node, report, fitting);
  },
};

const limits: StageSpec<Examination> = {
  name: "limits",
  title: "limits of the kernel",
  look: ({ host }, report) => lookAtLimits(host, report),
};

export const CONTAINER_STAGES: readonly StageSpec<Examination>[] = [
  ...[configuration, executables, attachment, reservation, namespace, containerInterface],
  ...[addresses, containerRoute, containerFilter, hostEnd, bridgePort, neighbours],
  ...[forwarding, hostRoute, filter, masquerading, ports, mtu, dns, limits],
];
