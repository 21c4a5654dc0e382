/** Largest packets along the way: a smaller one behind a larger loses what is too large. */
import { shellWord } from "../../base/index.ts";
import type { Report, StageSpec } from "../report.ts";
import type { Examination, Flow } from "./examination.ts";

export const mtu: StageSpec<Examination> = {
  name: "mtu",
  title: "largest packets along the way",
  look(examination, report) {
    const { inside, outside, bridge, flows, subject, container } = examination;
    report.look(
      `MTU of ${[inside, outside, ...(bridge ? [bridge] : [])].map(({ name }) => name).join(", ")}`,
    );
    const largest = Math.max(
      0,
      ...flows.map(({ target }) => container.routeTo(target)?.mtu ?? inside.mtu),
    );
    const size = flows.length === 0 ? inside.mtu : largest;
    const steps = [outside, ...(bridge ? [bridge] : [])];
    for (const step of steps) {
      if (step.mtu >= size) continue;
      report.find(
        "mtu-shrinks",
        `${subject.ifName} sends packets of up to ${size} bytes, and ${step.name} takes ${step.mtu}`,
        examination.within(`ip link set ${shellWord(subject.ifName)} mtu ${step.mtu}`),
      );
    }
    for (const flow of flows) beyond(examination, report, flow, size);
    report.pass(`${size} bytes`);
  },
};

/** The link by which the packet leaves the host, or the route there, may take less. */
function beyond(examination: Examination, report: Report, { target }: Flow, size: number): void {
  const { host, subject } = examination;
  if (examination.isNeighbour(target) || host.hasAddress(target)) return;
  const found = host.routeTo(target);
  const uplink = host.link(found?.index);
  if (uplink === undefined) return;
  const most = Math.min(uplink.mtu, found?.mtu ?? uplink.mtu);
  report.look(`MTU of ${uplink.name}`);
  if (most >= size) return;
  report.find(
    "mtu-shrinks",
    `${subject.ifName} sends packets of up to ${size} bytes, and ${uplink.name}, by which they leave, takes ${most}`,
    examination.within(`ip link set ${shellWord(subject.ifName)} mtu ${most}`),
  );
}
