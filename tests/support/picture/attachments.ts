import type {
  AttachmentForm,
  AttachmentNameForm,
  AttachmentStateForm,
} from "../../../src/forms/index.ts";
import type { PictureOptions } from "./options.ts";

const MINUTE = 60_000;
const STATES: readonly AttachmentStateForm[] = ["drift", "leak", "orphan", "unfinished", "unclear"];

export function attachmentOf(index: number, { now, podName }: PictureOptions): AttachmentForm {
  const isBlue = index % 3 === 2;
  const network = isBlue ? "bluenet" : "dbnet";
  const containerId = hex(index + 1);
  // One of each other state among the first, then one now and then.
  const state = index >= 3 && index < 8 ? (STATES[index - 3] ?? "ok") : "ok";
  const name = index === 1 && podName !== undefined ? podName : `${isBlue ? "web" : "db"}-${index}`;
  const address = `10.${isBlue ? 2 : 1}.${Math.floor(index / 250)}.${(index % 250) + 2}/${isBlue ? 16 : 20}`;
  const addresses = isBlue ? [address, `fd00:10:2::${(index + 2).toString(16)}/64`] : [address];
  return {
    ...{ network, containerId, ifName: "eth0", netns: `/run/netns/cni-${containerId.slice(0, 8)}` },
    ...{ finished: state !== "unfinished", earlierBoot: state === "orphan", state },
    netnsState: state === "orphan" ? "gone" : "alive",
    sources: ["cache", "journal", "record", "reservation", "link"],
    addresses,
    ports: index % 4 === 0 ? [{ hostPort: 8080 + index, containerPort: 80, protocol: "tcp" }] : [],
    reservations: addresses.map((each) => {
      const [ip = ""] = each.split("/");
      return { address: ip, path: `/var/lib/cni/networks/${network}/${ip}` };
    }),
    findings: state === "ok" ? [] : [attachmentFinding(state, network, containerId)],
    ...(state === "leak" ? {} : { pod: { namespace: "default", name } }),
    mac: `0a:58:0a:01:00:${(index % 250).toString(16).padStart(2, "0")}`,
    hostLink: {
      ...{ name: `veth${containerId.slice(0, 8)}`, index: 100 + index, kind: "veth", up: true },
      ...{ operstate: "up", master: isBlue ? "cni1" : "cni0", mtu: 1500 },
    },
    since: new Date(now - (index + 1) * 7 * MINUTE).toISOString(),
    networkFile: `/etc/cni/net.d/${network}.conflist`,
    cacheFile: `/var/lib/cni/results/${network}-${containerId}-eth0`,
  };
}

function hex(number: number): string {
  return new Bun.CryptoHasher("sha256").update(String(number)).digest("hex");
}

function attachmentFinding(
  state: AttachmentStateForm,
  network: string,
  id: string,
): AttachmentForm["findings"][number] {
  const del = `hawser del ${network} --id ${id.slice(0, 12)} --ifname eth0`;
  switch (state) {
    case "drift":
      return {
        ...{ name: "link-off-bridge", severity: "error", state },
        message: `the host's link veth${id.slice(0, 8)} is no port of cni0`,
        remedy: `ip link set dev veth${id.slice(0, 8)} master cni0`,
      };
    case "leak":
      return {
        ...{ name: "no-attachment", severity: "warning", state, remedy: del },
        message: "its address is reserved, and nothing else knows of it",
      };
    case "orphan":
      return {
        ...{ name: "netns-gone", severity: "warning", state, remedy: del },
        message: "its namespace is gone, and no DEL has come",
      };
    case "unfinished":
      return {
        ...{ name: "unfinished", severity: "warning", state, remedy: "wait for its ADD to end" },
        message: "its ADD began 20 s ago and has not ended",
      };
    default:
      return {
        ...{ name: "source-unreadable", severity: "note", state },
        message: "a cache that may know of it could not be read",
        remedy: "mend what the warnings name, or run it as root",
      };
  }
}

export function named({ network, containerId, ifName }: AttachmentForm): AttachmentNameForm {
  return { network, containerId, ifName };
}
