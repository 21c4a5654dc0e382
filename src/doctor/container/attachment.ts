/** Is the attachment known, and do all notes about it agree? */
import { basename } from "node:path";
import { shellWord } from "../../base/index.ts";
import { NotReached, type StageSpec } from "../report.ts";
import type { Examination } from "./examination.ts";

export const attachment: StageSpec<Examination> = {
  name: "attachment",
  title: "attachment known",
  look(examination, report) {
    const { subject, node } = examination;
    const { network, containerId, ifName, netns } = subject;
    for (const dir of node.places.cacheDirs) report.look(`${dir}/results`);
    report.look(`${node.places.stateDir}/attachments`);
    report.look(`${node.places.stateDir}/netns`);
    if (!subject.isKnown) {
      report.find(
        "attachment-unknown",
        `no attachment is known of the namespace ${netns}`,
        `hawser add NETWORK ${shellWord(netns)}`,
      );
      throw new NotReached("no attachment is known");
    }
    const name = `${containerId} (${ifName}) to ${network}`;
    if (subject.earlierBoot) {
      report.find(
        "attachment-of-earlier-boot",
        `${name} was attached before the machine booted: nothing of it is left in the kernel`,
        `hawser gc ${shellWord(network)} --dead`,
      );
    }
    if (!subject.finished) {
      report.find(
        "add-unfinished",
        `the ADD of ${name} has not come to its end: it is under way, or was cut short`,
        examination.removal,
      );
    }
    if (!subject.isCached) {
      // As libcni names it; in a longer ID of another container this one may stand, too.
      const file = `${network}-${containerId}-${ifName}`;
      const torn = node.view.problems.find(({ source }) => basename(source) === file);
      const why =
        torn === undefined
          ? "no runtime has a result of it"
          : `${torn.source} cannot be read (${torn.text})`;
      report.find(
        "cache-entry-missing",
        `${name} is attached, but ${why}: CHECK and DEL know less than the ADD did`,
        `ls -l ${shellWord(torn?.source ?? `${node.places.cacheDirs[0] ?? ""}/results`)}`,
      );
    }
    report.pass(`${name}${subject.isNoted ? "" : ", by the runtime's cache alone"}`);
  },
};

export const reservation: StageSpec<Examination> = {
  name: "reservation",
  title: "addresses reserved",
  look(examination, report) {
    const { subject } = examination;
    if (!subject.usesHostLocal) {
      report.pass("its addresses are not host-local's");
      return;
    }
    for (const { path } of subject.reserved) report.look(path);
    const rivals = subject.addresses.flatMap(({ prefix: { ip } }) => {
      const other = subject.others.find(({ addresses }) => addresses.some((one) => one.equals(ip)));
      return other === undefined ? [] : [{ ...other, ip }];
    });
    for (const { ip, network, containerId, ifName } of rivals) {
      report.find(
        "address-of-two",
        `${ip} is promised to this container and to ${containerId} (${ifName}) in network ${network}`,
        `hawser del ${shellWord(network)} --id ${shellWord(containerId)} --ifname ${shellWord(ifName)}`,
      );
    }
    const held = subject.reserved.map(({ ip }) => ip);
    for (const { prefix } of subject.addresses) {
      if (held.some((ip) => ip.equals(prefix.ip))) continue;
      const isRivalled = rivals.some(({ ip }) => ip.equals(prefix.ip));
      if (isRivalled) continue;
      report.find(
        "reservation-missing",
        `${prefix.ip} is in use, but not reserved: another container may get it`,
        examination.repair,
      );
    }
    report.pass(held.join(", ") || "no address was promised");
  },
};
