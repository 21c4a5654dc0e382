/** The interface in the container, and its addresses. */
import { shellWord } from "../../base/index.ts";
import type { address, link } from "../../kernel/route/index.ts";
import { NotReached, type Report, type StageSpec } from "../report.ts";
import type { Examination } from "./examination.ts";

export const containerInterface: StageSpec<Examination> = {
  name: "interface",
  title: "interface in the container",
  look(examination, report) {
    const { subject, container } = examination;
    const { ifName, netns, mac } = subject;
    report.look(`links in ${netns}`);
    const found = container.named(ifName);
    if (found === undefined) {
      const others = container.links.map(({ name }) => name).join(", ");
      report.find(
        "interface-missing",
        `there is no interface ${ifName} in ${netns}; there are: ${others}`,
        subject.isKnown ? examination.removal : subject.again,
      );
      throw new NotReached("the interface is missing");
    }
    examination.inside = found;
    const up = examination.within(`ip link set ${shellWord(ifName)} up`);
    if (!found.up) report.find("interface-down", `${ifName} in the container is down`, up);
    if (mac !== undefined && found.address !== undefined && found.address !== mac.toLowerCase()) {
      report.find(
        "mac-differs",
        `${ifName} has the MAC ${found.address}, and ${mac} was promised`,
        examination.within(`ip link set ${shellWord(ifName)} address ${shellWord(mac)}`),
      );
    }
    const loopback = container.named("lo");
    if (loopback?.up === false) report.look("lo is down: the container cannot reach itself");
    report.pass(`${ifName} is ${found.operstate}, ${found.address ?? "without a MAC"}`);
  },
};

export const addresses: StageSpec<Examination> = {
  name: "address",
  title: "address as promised",
  look(examination, report) {
    const { subject, container, inside } = examination;
    report.look(`addresses of ${subject.ifName} in ${subject.netns}`);
    const there = container.addressesOf(inside.index);
    for (const { prefix } of subject.addresses) {
      const found = there.find((one) => one.prefix.ip.equals(prefix.ip));
      if (found === undefined) missing(examination, report, prefix.toString());
      else if (found.prefix.length !== prefix.length) {
        report.find(
          "address-differs",
          `${subject.ifName} has ${found.prefix}, and ${prefix} was promised`,
          examination.repair,
        );
      }
    }
    for (const one of there) {
      duplicate(examination, report, one);
      stolen(examination, report, one);
    }
    inHost(examination, report);
    const list = there.filter(({ prefix }) => !prefix.ip.isLinkLocal);
    report.pass(list.map(({ prefix }) => prefix.toString()).join(", ") || "none was promised");
  },
};

function missing(examination: Examination, report: Report, prefix: string): void {
  const { subject, container } = examination;
  const elsewhere = container.addresses.find((one) => one.prefix.toString() === prefix);
  const where =
    elsewhere === undefined ? "" : `; it is on ${nameOf(container.links, elsewhere.index)}`;
  report.find(
    "address-missing",
    `${subject.ifName} lacks the address ${prefix} that was promised${where}`,
    examination.within(`ip address add ${prefix} dev ${shellWord(subject.ifName)}`),
  );
}

function nameOf(links: readonly link.Link[], index: number): string {
  return links.find((one) => one.index === index)?.name ?? `link ${index}`;
}

/** IPv6 looks for duplicates by itself. */
function duplicate(examination: Examination, report: Report, one: address.Address): void {
  const { ifName } = examination.subject;
  const show = `ip address show dev ${shellWord(ifName)} tentative`;
  const remove = `ip address delete ${one.prefix} dev ${shellWord(ifName)}`;
  if (one.dadFailed) {
    report.find(
      "address-duplicate",
      `${one.prefix.ip} is not used by the container: the kernel has found another host with it`,
      examination.within(remove),
    );
  } else if (one.tentative && !one.prefix.ip.isLinkLocal) {
    report.find(
      "address-tentative",
      `${one.prefix.ip} is not used yet: the kernel still looks for another host with it`,
      examination.within(show),
    );
  }
}

/** A container may give itself what others have, and is answered in their place. */
function stolen(examination: Examination, report: Report, one: address.Address): void {
  const { subject, host } = examination;
  const { ifName, addresses: promised, others } = subject;
  const { ip } = one.prefix;
  if (ip.isLinkLocal || promised.some(({ prefix }) => prefix.ip.equals(ip))) return;
  const owner = others.find(({ addresses: theirs }) => theirs.some((each) => each.equals(ip)));
  const link = host.addresses.find((each) => each.prefix.ip.equals(ip));
  if (owner === undefined && link === undefined) return;
  const name =
    owner === undefined
      ? `the host, on ${host.link(link?.index)?.name ?? "one of its links"}`
      : `${owner.containerId} (${owner.ifName}) in network ${owner.network}`;
  report.find(
    "address-duplicate",
    `${ifName} has ${ip}, which was not promised: it is the address of ${name}`,
    examination.within(`ip address delete ${one.prefix} dev ${shellWord(ifName)}`),
  );
}

/** An address that the host has as well is never sent to the container. */
function inHost(examination: Examination, report: Report): void {
  const { host, subject } = examination;
  for (const { prefix } of subject.addresses) {
    const taken = host.addresses.find((one) => one.prefix.ip.equals(prefix.ip));
    if (taken === undefined) continue;
    const name = host.link(taken.index)?.name ?? `link ${taken.index}`;
    report.find(
      "address-duplicate",
      `${prefix.ip} is the container's and, on ${name}, the host's own`,
      `ip address delete ${taken.prefix} dev ${shellWord(name)}`,
    );
  }
}
