import { afterAll, describe } from "bun:test";
import { storeContract } from "../../../tests/store/contract.ts";
import { EtcdCluster } from "../../../tests/support/etcd.ts";
import { needs } from "../../../tests/support/needs.ts";
import { EtcdStore } from "./index.ts";

let starting: Promise<EtcdCluster> | undefined;
let count = 0;
afterAll(async () => await (await starting)?.[Symbol.asyncDispose]());

describe("the store in etcd keeps the contract", () => {
  storeContract({
    test: needs("etcd", "etcdctl", "ip"),
    runs: 20,
    rig: async () => {
      starting ??= EtcdCluster.start();
      const cluster = await starting;
      // Each rig has a place of its own in one etcd.
      const prefix = `/contract/${count++}/`;
      const clients: EtcdStore[] = [];
      return {
        client: () => {
          const store = EtcdStore.open({ endpoints: cluster.endpoints, prefix });
          clients.push(store);
          return store;
        },
        compact: async (revision) => {
          await cluster.ctl(["compaction", String(revision)]);
        },
        pass: async (ms) => await Bun.sleep(ms),
        [Symbol.asyncDispose]: async () => {
          for (const each of clients) await each[Symbol.asyncDispose]();
        },
      };
    },
  });
});
