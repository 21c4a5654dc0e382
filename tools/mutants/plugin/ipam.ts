import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { Call, Json, Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import {
  failing,
  noNetns,
  nothing,
  objects,
  on,
  prints,
  reads,
  refuses,
  result,
  run,
  sees,
  text,
  where,
} from "../spoil.ts";

/** Faults of an IPAM plugin. */

const DATA = "/var/lib/cni/networks";
const VALID = "cni.dev/valid-attachments";
const ADDRESS = /^[\d.]+$|:/;

/** The reservations of a network. */
function reserved({ config }: Call): string[] {
  const dir = `${DATA}/${text(config, "name")}`;
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => ADDRESS.test(file))
    .map((file) => `${dir}/${file}`);
}

/** Gives reservations back without a question. */
function drop(call: Call, which: (owner: string) => boolean): void {
  for (const file of reserved(call)) if (which(readFileSync(file, "utf8"))) rmSync(file);
}

/** The first IPv4 address of the result becomes another. */
function address(last: number): Spoil {
  return result((value) => {
    for (const ip of objects(value, "ips")) {
      ip["address"] = text(ip, "address").replace(/^(\d+\.\d+\.\d+)\.\d+/, `$1.${last}`);
    }
  });
}

/** Works on a copy of the reservations, and puts it back later: calls side by side do not see each other. */
const unlocked: Spoil = (call) => {
  const copy = mkdtempSync("/run/mutant-");
  if (existsSync(DATA)) cpSync(DATA, copy, { recursive: true });
  run("sleep", "0.03");
  const stdin = JSON.stringify({
    ...call.config,
    ipam: { ...(call.config["ipam"] as Json), dataDir: copy },
  });
  const answer = call.real({ stdin });
  cpSync(copy, DATA, { recursive: true });
  return answer;
};

export const ipam = mutantsOf("host-local", {
  "ipam-lock-not-taken": ["calls side by side do not see each other", on("ADD", unlocked)],
  "ipam-address-always-the-same": ["all containers get one address", address(77)],
  "ipam-network-address": ["the network's own address is given", address(0)],
  "ipam-broadcast-address": ["the broadcast address is given", address(255)],
  "ipam-gateway-given": ["the gateway's address is given", address(1)],
  "ipam-address-out-of-range": [
    "an address of another subnet is given",
    result((value) => {
      for (const ip of objects(value, "ips")) {
        ip["address"] = text(ip, "address").replace(/^\d+\.\d+\.\d+/, "192.0.2");
      }
    }),
  ],
  "ipam-not-released": ["DEL does not give the address back", on("DEL", nothing)],
  "ipam-reserves-nothing": [
    "ADD forgets the reservation",
    on("ADD", (call) => {
      const answer = call.real();
      drop(call, (owner) => owner.startsWith(call.env["CNI_CONTAINERID"] ?? "-"));
      return answer;
    }),
  ],
  "ipam-del-of-all": [
    "DEL gives all addresses of the network back",
    on("DEL", (call) => {
      const answer = call.real();
      drop(call, () => true);
      return answer;
    }),
  ],
  "ipam-del-by-container": [
    "DEL gives the addresses of the container's other interfaces back",
    on("DEL", (call) => {
      const answer = call.real();
      drop(call, (owner) => owner.startsWith(call.env["CNI_CONTAINERID"] ?? "-"));
      return answer;
    }),
  ],
  "ipam-del-of-nothing-fails": [
    "DEL without a reservation fails",
    on("DEL", (call) => {
      const { CNI_CONTAINERID: own = "-" } = call.env;
      const known = reserved(call).some((file) => readFileSync(file, "utf8").startsWith(own));
      return known ? call.real() : refuses(999, "no reservation")(call);
    }),
  ],
  "ipam-del-needs-netns": [
    "DEL gives nothing back where the namespace is gone",
    on("DEL", where(noNetns, nothing)),
  ],
  "ipam-del-needs-prevresult": [
    "DEL without a prevResult gives nothing back",
    on(
      "DEL",
      where(({ config }) => !("prevResult" in config), nothing),
    ),
  ],
  "ipam-network-ignored": [
    "all networks have one set of reservations",
    reads((config) => {
      config["name"] = "shared";
    }),
  ],
  "ipam-ifname-ignored": [
    "reservations are by container alone",
    sees((env) => {
      if ("CNI_IFNAME" in env) env["CNI_IFNAME"] = "eth0";
    }),
  ],
  "ipam-interfaces-in-the-result": [
    "the result of the IPAM has interfaces",
    result((value, { env }) => {
      value["interfaces"] = [{ name: env["CNI_IFNAME"], sandbox: env["CNI_NETNS"] }];
    }),
  ],
  "ipam-ip-with-interface": [
    "the addresses of the IPAM name an interface",
    result((value) => {
      for (const ip of objects(value, "ips")) ip["interface"] = 0;
    }),
  ],
  "ipam-second-range-lost": [
    "only one of two ranges is served",
    result((value) => {
      if (Array.isArray(value["ips"])) value["ips"] = value["ips"].slice(0, 1);
    }),
  ],
  "ipam-result-without-prefix": [
    "the addresses of the result have no prefix length",
    result((value) => {
      for (const ip of objects(value, "ips")) ip["address"] = text(ip, "address").split("/")[0];
    }),
  ],
  "ipam-result-of-another-version": [
    "the result is of 1.0.0 always",
    result((value) => {
      value["cniVersion"] = "1.0.0";
    }),
  ],
  "ipam-check-always-succeeds": ["CHECK succeeds without the reservation", on("CHECK", nothing)],
  "ipam-check-always-fails": [
    "CHECK fails with the reservation",
    on("CHECK", refuses(7, "no reservation")),
  ],
  "ipam-gc-does-nothing": ["GC takes nothing", on("GC", nothing)],
  "ipam-gc-takes-all": [
    "GC takes what is valid too",
    on(
      "GC",
      reads((config) => {
        config[VALID] = [];
        config["cni.dev/attachments"] = [];
      }),
    ),
  ],
  "ipam-gc-by-container": [
    "GC leaves all interfaces of a container of which one is valid",
    on("GC", (call) => {
      const valid = objects(call.config, VALID);
      const more = reserved(call).flatMap((file) => {
        const [containerID = "", ifname = ""] = readFileSync(file, "utf8").split(/\r?\n/);
        return valid.some((one) => one["containerID"] === containerID)
          ? [{ containerID, ifname }]
          : [];
      });
      return call.real({ stdin: JSON.stringify({ ...call.config, [VALID]: more }) });
    }),
  ],
  "ipam-gc-of-other-networks": [
    "GC takes the reservations of other networks",
    on("GC", (call) => {
      const answer = call.real();
      const own = text(call.config, "name");
      for (const name of existsSync(DATA) ? readdirSync(DATA) : []) {
        if (name !== own) rmSync(`${DATA}/${name}`, { recursive: true, force: true });
      }
      return answer;
    }),
  ],
  "ipam-status-always-fails": ["STATUS fails always", on("STATUS", refuses(50, "exhausted"))],
  "ipam-error-exits-0": ["a failure exits with 0", failing(() => ({ code: 0 }))],
  "ipam-add-is-empty": [
    "ADD gives no address",
    on("ADD", ({ config }) => prints({ cniVersion: config["cniVersion"] ?? "0.1.0" })),
  ],
});
