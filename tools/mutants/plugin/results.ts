import type { Call, Json, Spoil } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import { ifName, inside, objects, result, text } from "../spoil.ts";

/** Faults of what ADD says. */

/** A key is missing in the result. */
function without(key: string): Spoil {
  return result((value) => {
    delete value[key];
  });
}

/** The container's interface in the result has something changed. */
function ofContainer(change: (link: Json, call: Call, value: Json) => void): Spoil {
  return result((value, call) => {
    for (const link of objects(value, "interfaces")) {
      if (text(link, "sandbox") !== "" && link["name"] === ifName(call)) change(link, call, value);
    }
  });
}

/** The addresses of the result have something changed. */
function ofIps(change: (ip: Json, call: Call, value: Json) => void): Spoil {
  return result((value, call) => {
    for (const ip of objects(value, "ips")) change(ip, call, value);
  });
}

export const results = mutantsOf("bridge", {
  "result-without-cniversion": ["the result has no cniVersion", without("cniVersion")],
  "result-of-another-version": [
    "the result says another version than was asked",
    result((value) => {
      value["cniVersion"] = value["cniVersion"] === "0.3.1" ? "0.4.0" : "0.3.1";
    }),
  ],
  "result-without-ips": ["the result has no ips", without("ips")],
  "result-without-interfaces": [
    "the result has no interfaces",
    result((value) => {
      delete value["interfaces"];
      for (const ip of objects(value, "ips")) delete ip["interface"];
    }),
  ],
  "result-without-routes": ["the result has no routes", without("routes")],
  "result-without-dns": ["the result drops the dns of the IPAM", without("dns")],
  "result-without-mac": [
    "the container's interface has no mac in the result",
    ofContainer((link) => {
      delete link["mac"];
    }),
  ],
  "result-without-sandbox": [
    "the container's interface has no sandbox in the result",
    ofContainer((link) => {
      delete link["sandbox"];
    }),
  ],
  "result-sandbox-elsewhere": [
    "the sandbox of the result is another path",
    ofContainer((link) => {
      link["sandbox"] = "/run/netns/elsewhere";
    }),
  ],
  "result-sandbox-everywhere": [
    "links of the host have the container's sandbox in the result",
    result((value, { env }) => {
      for (const link of objects(value, "interfaces")) link["sandbox"] = env["CNI_NETNS"] ?? "";
    }),
  ],
  "result-wrong-mac": [
    "the mac of the result is not the link's",
    ofContainer((link) => {
      link["mac"] = "02:00:00:00:00:01";
    }),
  ],
  "result-mac-is-no-mac": [
    "the mac of the result is none",
    ofContainer((link) => {
      link["mac"] = "none";
    }),
  ],
  "result-wrong-name": [
    "the container's interface has another name in the result",
    ofContainer((link) => {
      link["name"] = "eth9";
    }),
  ],
  "result-without-name": [
    "the container's interface has no name in the result",
    ofContainer((link) => {
      delete link["name"];
    }),
  ],
  "result-mtu-as-text": [
    "the mtu of an interface in the result is a string",
    result((value) => {
      if (value["cniVersion"] !== "1.1.0") return;
      for (const link of objects(value, "interfaces")) link["mtu"] = "1500";
    }),
  ],
  "result-wrong-mtu": [
    "the mtu of the result is not the link's",
    ofContainer((link) => {
      if ("mtu" in link) link["mtu"] = 1234;
    }),
  ],
  "result-ip-without-interface": [
    "the addresses of the result name no interface",
    ofIps((ip) => {
      delete ip["interface"];
    }),
  ],
  "result-ip-of-no-interface": [
    "the addresses of the result name an interface that is not there",
    ofIps((ip) => {
      if ("interface" in ip) ip["interface"] = 7;
    }),
  ],
  "result-ip-of-the-host": [
    "the addresses of the result name an interface of the host",
    ofIps((ip, _, value) => {
      const host = objects(value, "interfaces").findIndex((link) => text(link, "sandbox") === "");
      if ("interface" in ip && host >= 0) ip["interface"] = host;
    }),
  ],
  "result-ip-interface-as-text": [
    "the addresses of the result name their interface by its name",
    ofIps((ip, call) => {
      if ("interface" in ip) ip["interface"] = ifName(call);
    }),
  ],
  "result-ip-without-prefix": [
    "the addresses of the result have no prefix length",
    ofIps((ip) => {
      ip["address"] = text(ip, "address").split("/")[0];
    }),
  ],
  "result-ip-of-another": [
    "the address of the result is not the one on the link",
    ofIps((ip) => {
      ip["address"] = text(ip, "address").replace(
        /\d+(?=\/)/,
        (last) => `${(Number(last) + 77) % 250}`,
      );
    }),
  ],
  "result-ip-wrong-prefix": [
    "the prefix length in the result is not that of the link",
    ofIps((ip) => {
      ip["address"] = text(ip, "address").replace(/\/\d+$/, "/30");
    }),
  ],
  "result-ip-without-address": [
    "an address of the result has no key `address`",
    ofIps((ip) => {
      ip["ip"] = ip["address"];
      delete ip["address"];
    }),
  ],
  "result-ip-with-version": [
    "the addresses of 1.0.0 have the key `version`",
    ofIps((ip, _, value) => {
      if (String(value["cniVersion"]).startsWith("1.")) ip["version"] = "4";
    }),
  ],
  "result-ip-without-version": [
    "the addresses of 0.4.0 lack the key `version`",
    ofIps((ip) => {
      delete ip["version"];
    }),
  ],
  "result-ip-version-as-number": [
    "the `version` of the addresses of 0.4.0 is a number",
    ofIps((ip) => {
      if ("version" in ip) ip["version"] = Number(ip["version"]);
    }),
  ],
  "result-gateway-is-none": [
    "the gateway of the result is no address",
    ofIps((ip) => {
      if ("gateway" in ip) ip["gateway"] = "gateway";
    }),
  ],
  "result-ips-is-an-object": [
    "the ips of the result are no list",
    result((value) => {
      if ("ips" in value) value["ips"] = { 0: objects(value, "ips")[0] };
    }),
  ],
  "result-route-not-made": [
    "the result has a route that is not there",
    result((value) => {
      if (!("ips" in value)) return;
      value["routes"] = [...objects(value, "routes"), { dst: "198.51.100.0/24" }];
    }),
  ],
  "result-route-without-dst": [
    "the routes of the result have no dst",
    result((value) => {
      for (const route of objects(value, "routes")) delete route["dst"];
    }),
  ],
  "result-with-a-link-that-is-not": [
    "the result names an interface of the container that is not there",
    result((value, { env }) => {
      if (!("interfaces" in value)) return;
      const more = { name: "ghost0", mac: "02:00:00:00:00:02", sandbox: env["CNI_NETNS"] };
      value["interfaces"] = [...objects(value, "interfaces"), more];
    }),
  ],
  "result-before-the-address": [
    "the address is taken from the link before ADD ends",
    (call) => {
      const answer = call.real();
      if (call.operation === "ADD" && answer.code === 0) {
        inside(call, "ip", "address", "flush", "dev", ifName(call), "scope", "global");
      }
      return answer;
    },
  ],
});
