import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { CniError } from "../../spec/index.ts";
import { type Configured, parseCluster } from "../config/index.ts";
import { notedNetworks, noteNetwork, removeNote } from "./index.ts";

failOnLeakedDescriptors();

let directory = "";
let env: Record<string, string> = {};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "networks-"));
  env = { HAWSER_STATE_DIR: directory };
});
afterEach(() => rmSync(directory, { recursive: true }));

const configured = (network: string, subnet: string, more: object = {}): Configured => ({
  network,
  config: {
    name: network,
    ipam: { type: "cluster", subnet, store: { files: { directory: "/srv/store" } }, ...more },
  },
});
const note = async (network: string, subnet: string, more?: object): Promise<void> => {
  const ctx = configured(network, subnet, more);
  await noteNetwork(env, ctx, parseCluster(ctx));
};
const path = (network: string): string => join(directory, "cluster", `${network}.json`);

test("a network that is used is noted once, for root alone", async () => {
  await note("pods", "10.42.0.0/16");
  expect(statSync(path("pods")).mode & 0o777).toBe(0o600);
  const written = statSync(path("pods"), { bigint: true });
  await note("pods", "10.42.0.0/16");
  expect(statSync(path("pods"), { bigint: true }).ino).toBe(written.ino);
  const { networks, spoiled } = notedNetworks(env);
  expect(networks.map(({ name, cluster }) => [name, cluster.fleet.subnets.map(String)])).toEqual([
    ["pods", ["10.42.0.0/16"]],
  ]);
  expect(spoiled).toEqual([]);
  expect(readdirSync(join(directory, "cluster"))).toEqual(["pods.json"]);
});

test("a note that is removed is gone, and another one stays", async () => {
  await note("pods", "10.42.0.0/16");
  await note("web", "10.43.0.0/16");
  removeNote(env, "pods");
  removeNote(env, "pods");
  expect(notedNetworks(env).networks.map(({ name }) => name)).toEqual(["web"]);
});

test("a configuration that has changed takes the place of the one before", async () => {
  await note("pods", "10.42.0.0/16");
  await note("pods", "10.42.0.0/16", { blockSize: 24 });
  expect(notedNetworks(env).networks[0]?.cluster.fleet.blockSizes).toEqual([24]);
});

test("subnets of two fleets' networks must not overlap", async () => {
  await note("pods", "10.42.0.0/16");
  const overlapping = await rejection(note("web", "10.0.0.0/8"), CniError);
  expect(overlapping.code).toBe(7);
  expect(overlapping.message).toContain("overlaps 10.42.0.0/16");
  expect(notedNetworks(env).networks).toHaveLength(1);
  await note("web", "10.43.0.0/16");
  // Two networks of this node may use one fleet's network.
  await note("again", "10.42.0.0/16", { network: "pods" });
  const differing = note("wrong", "10.42.0.0/16", { network: "pods", blockSize: 25 });
  expect((await rejection(differing)).message).toContain(
    "is 10.42.0.0/16 in blocks of /25 here, and 10.42.0.0/16 in blocks of",
  );
  expect(notedNetworks(env).networks).toHaveLength(3);
});

test("a note that is torn, or that a stranger has made, is named and stops nothing", async () => {
  await note("pods", "10.42.0.0/16");
  writeFileSync(path("torn"), "{");
  writeFileSync(path("list"), "[]");
  writeFileSync(path("wrong"), '{"ipam":{"type":"cluster"}}');
  writeFileSync(join(directory, "cluster", ".hidden.json"), "{");
  const { networks, spoiled } = notedNetworks(env);
  expect(networks.map(({ name }) => name)).toEqual(["pods"]);
  expect(spoiled.map(({ name }) => name)).toEqual(["list", "torn", "wrong"]);
});
