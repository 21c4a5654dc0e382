/**
 * What every engine of the port `src/store/port.ts` does alike: one set of tests, which runs against etcd,
 * files, and the engine of the simulation.
 */
import { concurrencyTests, conditionTests, refusalTests } from "./conditions.ts";
import { leaseTests } from "./leases.ts";
import { modelTests } from "./model.ts";
import { rangeTests } from "./ranges.ts";
import type { ContractSubject, ContractTest } from "./rig.ts";
import { compactionTests, watchTests } from "./watches.ts";

const TIMEOUT_MS = 60_000;

export function storeContract(subject: ContractSubject): void {
  const contract: ContractTest = (name, body) => {
    subject.test(
      name,
      async () => {
        await using rig = await subject.rig();
        await body(rig, rig.client());
      },
      TIMEOUT_MS,
    );
  };
  conditionTests(contract);
  refusalTests(contract);
  concurrencyTests(contract);
  rangeTests(contract);
  leaseTests(contract);
  watchTests(contract);
  compactionTests(contract);
  modelTests(contract, subject.runs);
}
