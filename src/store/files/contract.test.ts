import { describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeContract } from "../../../tests/store/contract.ts";
import { FileStore } from "./index.ts";

describe("the store in files keeps the contract", () => {
  storeContract({
    test: (name, body, timeoutMs) => test(name, body, timeoutMs),
    runs: 30,
    rig: async () => {
      const directory = mkdtempSync(join(tmpdir(), "store-"));
      const clients: FileStore[] = [];
      const client = (): FileStore => {
        const store = FileStore.open(join(directory, "fleet"));
        clients.push(store);
        return store;
      };
      return {
        client,
        compact: async (revision) => await client().compact(revision),
        pass: async (ms) => await Bun.sleep(ms),
        [Symbol.asyncDispose]: async () => {
          for (const each of clients) await each[Symbol.asyncDispose]();
          rmSync(directory, { recursive: true });
        },
      };
    },
  });
});
