import { describe, expect, test } from "bun:test";
import { pairForEachTest, refused } from "../../../tests/support/route-pair.ts";
import { Ip, Prefix } from "../../addr/index.ts";
import { BatchError, NETLINK_ROUTE } from "../netlink/index.ts";
import { AF_NETLINK, netlinkAddress, SOCK_RAW, send, socket } from "../sys/index.ts";
import { link, RouteSocket, route } from "./index.ts";

const pair = pairForEachTest();
const ip = (text: string): Ip => Ip.parse(text);
const prefix = (text: string): Prefix => Prefix.parse(text);

describe("errors", () => {
  test("the kernel's own words come through", () => {
    const { cont: index } = pair().connect();
    const unknown = refused(() => link.add(pair().onHost, { name: "x0", kind: "nonsense" }));
    expect(unknown).toMatchObject({ code: "EOPNOTSUPP", extack: "Unknown device type" });
    const far = { dst: prefix("10.7.0.0/16"), gateway: ip("99.1.1.1"), index };
    const lost = refused(() => route.add(pair().inCont, far));
    expect(lost.message).toBe(
      "add route 10.7.0.0/16 via 99.1.1.1: network is unreachable: Nexthop has invalid gateway",
    );
    const long = refused(() =>
      link.add(pair().onHost, { name: "a-name-that-is-too-long", kind: "ifb" }),
    );
    expect(long.code).toBe("ERANGE");
    expect(long.offset).toBe(32);
  });

  test("what another process sends to a socket is refused to it", () => {
    const { host, onHost } = pair();
    using stranger = host.run(() => socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    const to = netlinkAddress(onHost.netlink.portId, 0);
    const flood = refused(() => send(stranger, new Uint8Array(1000), 0, to));
    expect(flood.code).toBe("ECONNREFUSED");
    expect(onHost.netlink.poll(0)).toBe(false);
  });

  test("a batch tells which message was refused, and the others are carried out", () => {
    const names = ["one", "two", "one", "three"];
    const requests = names.map((name) => link.newMessage({ name, kind: "bridge" }));
    const error = refused(() => pair().onHost.batch(requests, names));
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toMatchObject({ index: 2, code: "EEXIST", operation: "one" });
    const made = link.list(pair().onHost, { kind: "bridge" }).map((l) => l.name);
    expect(made.sort()).toEqual(["one", "three", "two"]);
  });

  test("a socket stays in its namespace and is usable after an error", () => {
    refused(() => link.add(pair().inCont, { name: "lo", kind: "bridge" }));
    link.add(pair().inCont, { name: "br5", kind: "bridge" });
    expect(link.get(pair().onHost, { name: "br5" })).toBeUndefined();
    expect(link.get(pair().inCont, { name: "br5" })?.name).toBe("br5");
  });

  test("events of a group are heard", () => {
    const RTNLGRP_LINK = 1;
    using listener = RouteSocket.open(pair().host, [RTNLGRP_LINK]);
    expect(listener.netlink.receive(0)).toEqual([]);
    link.add(pair().onHost, { name: "seen0", kind: "bridge" });
    const heard = listener.netlink.receive(1000).map((m) => link.decodeLink(m.payload).name);
    expect(heard).toContain("seen0");
  });
});
