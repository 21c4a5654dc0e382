import type {
  AttachmentForm,
  FindingsForm,
  NetworksForm,
  PlacedFindingForm,
  PortsForm,
  RulesForm,
} from "../../../src/forms/index.ts";
import { named } from "./attachments.ts";

export const NETWORKS: NetworksForm = {
  networks: [
    {
      ...{ network: "bluenet", cniVersion: "1.1.0", file: "/etc/cni/net.d/10-bluenet.conflist" },
      plugins: [{ type: "bridge" }, { type: "portmap" }],
      ...{ attachedCount: 4, unhealthyCount: 1 },
    },
    {
      ...{ network: "dbnet", cniVersion: "1.1.0", file: "/etc/cni/net.d/20-dbnet.conflist" },
      plugins: [{ type: "bridge" }, { type: "portmap" }, { type: "firewall" }, { type: "tuning" }],
      ...{ attachedCount: 8, unhealthyCount: 4 },
    },
    {
      file: "/etc/cni/net.d/30-old.conf",
      error: { code: 6, msg: "it is no JSON: a comma is missing in line 4" },
    },
    { network: "gone", attachedCount: 1, unhealthyCount: 1 },
  ],
  problems: [],
};

export function portsOf(attachments: readonly AttachmentForm[]): PortsForm {
  return {
    ports: attachments.flatMap((each, index) =>
      each.ports.map(({ hostPort, containerPort, protocol }) => ({
        ...named(each),
        ...{ hostPort, protocol, containerPort, address: each.addresses[0]?.split("/")[0] ?? "" },
        state: index === 4 ? ("missing" as const) : ("mapped" as const),
        sources: ["attachment", "record", "hawser"],
      })),
    ),
    listeners: [
      { protocol: "tcp", port: 8080, address: "0.0.0.0", process: { pid: 812, name: "nginx" } },
    ],
    problems: [],
  };
}

export function rulesOf(attachments: readonly AttachmentForm[]): RulesForm {
  const rules = attachments.slice(0, 200).flatMap((each) => {
    const ip = each.addresses[0]?.split("/")[0];
    const owner = named(each);
    return [
      { place: "inet hawser masquerade", text: `${each.network} . ${ip}`, owner },
      ...each.ports.map(({ hostPort }) => {
        return { place: "inet hawser ports", text: `tcp . ${hostPort} : ${ip} . 80`, owner };
      }),
    ];
  });
  return { rules, more: false, problems: [] };
}

export function findingsOf(attachments: readonly AttachmentForm[]): FindingsForm {
  const found = attachments.flatMap((each) =>
    each.findings.map((finding): PlacedFindingForm => {
      const mapNode = `link:${each.hostLink?.name}`;
      return { ...finding, by: "view", about: named(each), mapNode };
    }),
  );
  return {
    findings: [
      ...found.filter(({ severity }) => severity === "error"),
      {
        ...{
          name: "configuration-broken",
          severity: "error",
          by: "doctor",
          stage: "configuration",
        },
        message: "/etc/cni/net.d/30-old.conf is no JSON: a comma is missing in line 4",
        remedy: "hawser validate /etc/cni/net.d/30-old.conf",
      },
      ...found.filter(({ severity }) => severity === "warning"),
      {
        ...{ name: "pool-nearly-full", severity: "warning", by: "doctor", stage: "ranges" },
        message: "dbnet: 240 of 251 addresses of 10.1.0.0/24 are reserved: little is left",
        remedy: "hawser gc dbnet --dead",
      },
      ...found.filter(({ severity }) => severity === "note"),
    ],
    stages: [
      { name: "configuration", title: "Configuration", state: "failed", looked: [], findings: [] },
      { name: "executables", title: "Executables", state: "passed", looked: [], findings: [] },
      { name: "ranges", title: "Ranges", state: "warned", looked: [], findings: [] },
      { name: "clock", title: "Clock", state: "passed", looked: [], findings: [] },
      {
        name: "limits",
        title: "Limits",
        state: "not-reached",
        looked: [],
        findings: [],
        note: "-",
      },
    ],
  };
}
