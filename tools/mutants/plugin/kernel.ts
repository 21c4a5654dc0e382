import type { Call, Json, Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import {
  afterwards,
  ifName,
  inside,
  ipam,
  note,
  noted,
  objects,
  on,
  prints,
  refuses,
  run,
  text,
  where,
} from "../spoil.ts";

/** Faults of what ADD makes. */

function afterAdd(act: (call: Call, result: Json) => void): Spoil {
  return on("ADD", afterwards(act));
}

/** An ADD that has failed leaves something behind. */
function afterFailure(act: (call: Call) => void): Spoil {
  return on("ADD", (call) => {
    const answer = call.real();
    if (answer.code !== 0) act(call);
    return answer;
  });
}

/** Makes a link in the container. */
function makeLink(call: Call, name: string): void {
  inside(call, "ip", "link", "add", name, "type", "veth", "peer", "name", "mutant0");
}

function sysctl(call: Call, path: string, value: string): void {
  inside(call, "sh", "-c", `echo ${value} >/proc/sys/net/${path}`);
}

const isHost = ({ env }: Call): boolean => {
  const inode = run("stat", "-Lc", "%i", env["CNI_NETNS"] ?? "");
  return inode !== "" && inode === run("stat", "-Lc", "%i", "/proc/self/ns/net");
};

export const kernel = mutantsOf("bridge", {
  "link-down": [
    "the link stays down",
    afterAdd((call) => void inside(call, "ip", "link", "set", ifName(call), "down")),
  ],
  "link-of-another-name": [
    "the link has another name than CNI_IFNAME",
    afterAdd((call) => {
      inside(call, "ip", "link", "set", ifName(call), "down");
      inside(call, "ip", "link", "set", ifName(call), "name", "renamed0");
      inside(call, "ip", "link", "set", "renamed0", "up");
    }),
  ],
  "link-not-made": [
    "the link is not there when ADD ends",
    afterAdd((call) => void inside(call, "ip", "link", "delete", ifName(call))),
  ],
  "link-of-another-mac": [
    "the link gets another mac than the result says",
    afterAdd(
      (call) =>
        void inside(call, "ip", "link", "set", ifName(call), "address", "02:00:00:00:00:03"),
    ),
  ],
  "link-twice": [
    "a second link is made in the container",
    afterAdd((call) => {
      makeLink(call, "second0");
    }),
  ],
  "link-of-another-mtu": [
    "the link has another MTU than asked",
    afterAdd((call) => void inside(call, "ip", "link", "set", ifName(call), "mtu", "1280")),
  ],
  "address-of-another-prefix": [
    "the address on the link has another prefix length",
    afterAdd((call, result) => {
      for (const ip of objects(result, "ips")) {
        const address = text(ip, "address");
        inside(call, "ip", "address", "delete", address, "dev", ifName(call));
        inside(call, "ip", "address", "add", address.replace(/\/.*/, "/32"), "dev", ifName(call));
      }
    }),
  ],
  "address-too-many": [
    "an address that the result does not have is on the link",
    afterAdd(
      (call) => void inside(call, "ip", "address", "add", "203.0.113.9/24", "dev", ifName(call)),
    ),
  ],
  "route-missing": [
    "the routes of the IPAM are not made",
    afterAdd((call, result) => {
      for (const route of objects(result, "routes")) {
        inside(
          call,
          "ip",
          "route",
          "delete",
          text(route, "dst").replace(/^0.0.0.0\/0$/, "default"),
        );
      }
    }),
  ],
  "route-of-another-gateway": [
    "the default route leads through no gateway",
    afterAdd((call, result) => {
      if (objects(result, "routes").length === 0) return;
      inside(call, "ip", "route", "replace", "default", "dev", ifName(call), "scope", "link");
    }),
  ],
  "ipv6-switched-off": [
    "IPv6 is switched off on the link",
    afterAdd((call) => sysctl(call, `ipv6/conf/${ifName(call)}/disable_ipv6`, "1")),
  ],
  "peer-down": [
    "the host's end of the link is down",
    afterAdd((_, result) => {
      for (const link of objects(result, "interfaces")) {
        if (text(link, "sandbox") === "") run("ip", "link", "set", text(link, "name"), "down");
      }
    }),
  ],
  "other-links-of-the-container-down": [
    "other links of the container go down",
    on("ADD", (call) => {
      const links = inside(call, "ip", "-br", "link")
        .split("\n")
        .map((line) => line.split(/[\s@]/)[0] ?? "");
      for (const name of links) if (name !== "") inside(call, "ip", "link", "set", name, "down");
      return call.real();
    }),
  ],
  "other-addresses-flushed": [
    "other addresses of the container are taken away",
    on("ADD", (call) => {
      inside(call, "ip", "address", "flush", "scope", "global");
      return call.real();
    }),
  ],
  "host-forwarding-off": [
    "the host's forwarding is switched off",
    afterAdd(() => void run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward")),
  ],
  "existing-link-overwritten": [
    "ADD with a name that is taken deletes the link of that name",
    on("ADD", (call) => {
      inside(call, "ip", "link", "delete", ifName(call));
      return call.real();
    }),
  ],
  "existing-link-accepted": [
    "ADD with a name that is taken succeeds and leaves all as it is",
    on("ADD", (call) => {
      const taken = inside(call, "ip", "link", "show", "dev", ifName(call)) !== "";
      return taken ? prints({ cniVersion: call.config["cniVersion"] ?? "0.1.0" }) : call.real();
    }),
  ],
  "existing-link-lost": [
    "ADD with a name that is taken fails and takes the link away",
    on("ADD", (call) => {
      const answer = call.real();
      if (answer.code !== 0) inside(call, "ip", "link", "delete", ifName(call));
      return answer;
    }),
  ],
  "failed-add-leaves-link": [
    "an ADD that fails leaves the link",
    afterFailure((call) => {
      makeLink(call, ifName(call));
    }),
  ],
  "failed-add-leaves-host-link": [
    "an ADD that fails leaves a link on the host",
    afterFailure(
      () => void run("ip", "link", "add", "left0", "type", "veth", "peer", "name", "left1"),
    ),
  ],
  "failed-add-leaves-reservation": [
    "an ADD that fails leaves the reservation of the IPAM",
    afterFailure((call) => ipam(call, {})),
  ],
  "host-namespace-accepted": [
    "ADD in the host's own namespace makes a link there",
    on(
      "ADD",
      where(isHost, (call) => {
        run("ip", "link", "add", ifName(call), "type", "veth", "peer", "name", "mutant0");
        return prints({ cniVersion: call.config["cniVersion"] ?? "0.1.0" });
      }),
    ),
  ],
  "second-add-of-a-container-fails": [
    "a container gets one interface only",
    on("ADD", (call) => {
      const links = inside(call, "ip", "-br", "link").split("\n");
      const more = links.some((line) => line.includes("@") && !line.startsWith("lo"));
      return more ? refuses(7, "attached already")(call) : call.real();
    }),
  ],
  "process-left": [
    "a process is left that holds stdout",
    afterAdd(
      () =>
        void Bun.spawn(["sleep", "3600"], {
          stdout: "inherit",
          stderr: "ignore",
          stdin: "ignore",
        }).unref(),
    ),
  ],
  "add-not-repeatable-after-del": [
    "what was deleted cannot be added again",
    (call) => {
      const mark = `deleted ${call.env["CNI_CONTAINERID"]} ${ifName(call)}`;
      if (call.operation === "ADD" && noted(mark)) return refuses(11, "known already")(call);
      if (call.operation === "DEL") note(mark);
      return call.real();
    },
  ],
});
