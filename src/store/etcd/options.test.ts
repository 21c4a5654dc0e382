import { describe, expect, test } from "bun:test";
import { EtcdStore } from "./index.ts";
import { endpointUrls } from "./options.ts";

const tls = { ca: "/ca" };

describe("endpoints", () => {
  test.each([
    ["10.0.0.1", "http://10.0.0.1:2379"],
    ["10.0.0.1:4001", "http://10.0.0.1:4001"],
    ["http://etcd.example", "http://etcd.example:2379"],
    ["http://etcd.example:80", "http://etcd.example:80"],
    ["https://etcd.example:443/", "https://etcd.example:443"],
    ["https://[fd00::1]", "https://[fd00::1]:2379"],
    ["[fd00::1]:1", "http://[fd00::1]:1"],
  ])("%s", (text, url) => {
    expect(endpointUrls({ endpoints: [text] })).toEqual([url]);
  });

  test("certificates ask for TLS", () => {
    expect(endpointUrls({ endpoints: ["a"], tls })).toEqual(["https://a:2379"]);
    expect(() => endpointUrls({ endpoints: ["http://a"], tls })).toThrow("use https://");
  });

  test("two of one are one", () => {
    expect(endpointUrls({ endpoints: ["a", "http://a:2379"] })).toHaveLength(1);
  });

  test.each([
    ...["", "://", "ftp://a", "http://a/b", "http://u:p@a", "http://a?b", "a b", "http://a:99999"],
    "unix:///run/etcd.sock",
  ])("%j is none", (text) => {
    expect(() => endpointUrls({ endpoints: [text] })).toThrow("is no endpoint of etcd");
  });

  test("none, and too many", () => {
    expect(() => EtcdStore.open({ endpoints: [] })).toThrow("no endpoint");
    const many = Array.from({ length: 33 }, (_, index) => `host-${index}`);
    expect(() => EtcdStore.open({ endpoints: many })).toThrow("32 are most");
  });

  test("half a client certificate", () => {
    const open = (): unknown =>
      EtcdStore.open({ endpoints: ["a"], tls: { ...tls, cert: "/cert" } });
    expect(open).toThrow("both or not at all");
  });
});
