import type { AttachmentForm, RangeMapForm, RangesForm } from "../../../src/forms/index.ts";

export function rangesOf(attachments: readonly AttachmentForm[]): RangesForm {
  const of = (network: string): number => {
    return attachments.filter((each) => each.network === network).length;
  };
  const base = {
    directory: "/var/lib/cni/networks",
    set: 0,
    excluded: 2,
    requested: 0,
    overlaps: [],
  };
  const leaked = attachments
    .filter(({ state, network }) => network === "dbnet" && state === "leak")
    .map(({ addresses, containerId }) => ({
      ...{ network: "dbnet", address: addresses[0]?.split("/")[0] ?? "", containerId },
      ...{ path: "/var/lib/cni/networks/dbnet/x", state: "leak" as const },
    }));
  const [db, blue] = [of("dbnet"), of("bluenet")];
  return {
    ranges: [
      {
        ...{ ...base, network: "dbnet", subnet: "10.1.0.0/24", first: "10.1.0.2" },
        ...{ last: "10.1.0.254", gateway: "10.1.0.1", size: 253, inUse: Math.min(db, 251) },
        ...{ free: Math.max(0, 251 - db), percent: Math.round((db / 251) * 100), leaked },
      },
      {
        ...{ ...base, network: "bluenet", subnet: "10.2.0.0/16", first: "10.2.0.2" },
        ...{ last: "10.2.255.254", gateway: "10.2.0.1", size: 65_533, inUse: blue + 5000 },
        ...{ free: 65_531 - blue - 5000, percent: 8, leaked: [] },
      },
      {
        ...{ ...base, network: "bluenet", set: 1, subnet: "fd00:10:2::/64", first: "fd00:10:2::2" },
        ...{ last: "fd00:10:2::ffff:ffff:ffff:ffff", gateway: "fd00:10:2::1", size: 2 ** 64 },
        ...{ inUse: blue, free: 2 ** 64, percent: 0, leaked: [], excluded: 0 },
      },
    ],
    strays: [],
    problems: [],
  };
}

export function rangeMapOf(attachments: readonly AttachmentForm[], index: number): RangeMapForm {
  const { ranges } = rangesOf(attachments);
  const range = ranges[index];
  if (range === undefined) throw new RangeError("there is no such range");
  const isIpv6 = range.subnet.includes(":");
  const own = attachments
    .filter(({ network }) => network === range.network)
    .flatMap(({ addresses, containerId, ifName, pod, state }) => {
      const address = addresses.find((each) => each.includes(":") === isIpv6)?.split("/")[0];
      if (address === undefined) return [];
      const use =
        state === "leak" || state === "orphan" ? ("leaked" as const) : ("in use" as const);
      const who = pod === undefined ? {} : { pod: `default/${pod.name}` };
      return [{ first: address, last: address, use, containerId, ifName, ...who }];
    });
  const others =
    index === 1
      ? [
          { first: "10.2.16.0", last: "10.2.31.255", use: "in use" as const },
          { first: "10.2.40.0", last: "10.2.43.137", use: "reserved" as const },
          { first: "10.2.200.0", last: "10.2.200.255", use: "excluded" as const },
        ]
      : index === 0
        ? [{ first: "10.1.0.100", last: "10.1.0.109", use: "excluded" as const }]
        : [];
  const gateway = { first: range.gateway, last: range.gateway, use: "gateway" as const };
  return { range, runs: [gateway, ...own, ...others], more: false };
}
