import { expect, test } from "bun:test";
import fc from "fast-check";
import { Ip, Prefix } from "../../addr/index.ts";
import { AddressMask } from "./address-mask.ts";

function mask(...subnets: string[]): AddressMask {
  return new AddressMask(subnets.map((text) => Prefix.parse(text)));
}

test("the same address is the same stand-in everywhere: in texts, paths, URLs and keys", () => {
  const own = mask("10.10.0.0/24");
  const value = {
    address: "10.10.0.7/24",
    path: "/var/lib/cni/networks/web/10.10.0.7",
    element: "tcp . 8080 : 10.10.0.7 . 80",
    url: "http://10.10.0.7:8080/",
    sentence: "10.10.0.7, and 10.10.0.8: both; range 10.10.0.1-10.10.0.254.",
    "hairpin-web-10.10.0.0/24": 7,
    list: ["10.10.0.7"],
  };
  expect(own.value(value)).toEqual({
    address: "240.0.0.7/24",
    path: "/var/lib/cni/networks/web/240.0.0.7",
    element: "tcp . 8080 : 240.0.0.7 . 80",
    url: "http://240.0.0.7:8080/",
    sentence: "240.0.0.7, and 240.0.0.8: both; range 240.0.0.1-240.0.0.254.",
    "hairpin-web-240.0.0.0/24": 7,
    list: ["240.0.0.7"],
  });
});

test.each([
  ["fd00:10::7/64", "3fff:1::7/64"],
  ["[fd00:10::7]:80", "[3fff:1::7]:80"],
  ["fd00:10::7: unreachable", "3fff:1::7: unreachable"],
  ["to:fd00:10::7", "to:3fff:1::7"],
  ["FD00:0010:0:0:0:0:0:7", "3fff:1::7"],
  ["/networks/six/fd00:10::7", "/networks/six/3fff:1::7"],
  ["2001:db8::9 and 2001:db8::9", "3fff::1 and 3fff::1"],
  ["inet hawser_masquerade from-web-fd00_10__/64", "inet hawser_masquerade from-web-3fff_1__/64"],
  ["hairpin-a_b-2001_db8_0_1_2_3_4_5/112", "hairpin-a_b-3fff__1/112"],
  ["::ffff:192.0.2.9", "250.0.0.1"],
  ["192.0.2.9/32 192.0.2.10", "250.0.0.1/32 250.0.0.2"],
  ["mac C2:11:22:33:44:55, c2:11:22:33:44:55", "mac 02:00:00:00:00:01, 02:00:00:00:00:01"],
])("%s is %s", (text, masked) => {
  expect(mask("fd00:10::/64").text(text)).toBe(masked);
});

test.each([
  "0.0.0.0/0 and ::/0",
  "127.0.0.1:8080 ::1",
  "2026-11-30T11:24:19.123Z 12:34:56",
  "a : b, std:c, CNI 1.1.0, 1.2.3.4.5, 999.1.1.1",
  "224.0.0.251 ff02::1 255.255.255.255",
  "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff",
  "k8s_a_b__c d__e/x from-a_b-10/8",
  "bridge:cni0 port:tcp/8080 namespace:/run/netns/x",
])("%s stays", (text) => {
  const own = mask();
  expect(own.text(text)).toBe(text);
  expect(own.size).toBe(0);
});

test("overlapping subnets share a block, and disjoint ones do not", () => {
  const own = mask("10.0.0.0/16", "10.0.4.0/24", "10.9.0.0/24");
  expect(own.text("10.0.4.7 10.0.0.1 10.9.0.1")).toBe("240.0.4.7 240.0.0.1 240.1.0.1");
});

test("no address is left, none is doubled, and the order within a subnet stays", () => {
  const addresses = fc.uniqueArray(fc.ipV4(), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(addresses, (texts) => {
      const wide = Prefix.parse(`${texts[0] ?? ""}/12`).network();
      const own = new AddressMask([wide]);
      const usual = texts.map((text) => Ip.parse(text)).filter((ip) => ip.isGlobalUnicast);
      const masked = usual.map((ip) => own.text(`to ${ip}:80`).slice(3, -3));
      expect(new Set(masked).size).toBe(usual.length);
      for (const [at, ip] of usual.entries()) {
        if (ip.toBigInt() >> 28n !== 0xfn) expect(masked[at]).not.toBe(ip.toString());
      }
      const within = usual.filter((ip) => wide.contains(ip)).toSorted((a, b) => a.compare(b));
      const after = within.map((ip) => Ip.parse(own.text(ip.toString())));
      expect(after).toEqual(after.toSorted((a, b) => a.compare(b)));
    }),
  );
});
