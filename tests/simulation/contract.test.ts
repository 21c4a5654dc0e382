import { describe, test } from "bun:test";
import { storeContract } from "../store/contract.ts";
import { DirectStore } from "./direct-store.ts";
import { Engine } from "./engine.ts";
import { Timeline } from "./timeline.ts";

describe("the engine of the simulation keeps the contract", () => {
  storeContract({
    test: (name, body, timeoutMs) => test(name, body, timeoutMs),
    runs: 200,
    rig: async () => {
      const timeline = new Timeline();
      const engine = new Engine(timeline);
      return {
        client: () => new DirectStore(engine),
        compact: async (revision) => engine.compact(revision),
        pass: async (ms) => {
          timeline.runUntil(timeline.now() + ms);
          await Bun.sleep(0);
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  });
});
