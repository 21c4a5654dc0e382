import {
  applySteps,
  checkSteps,
  describeSteps,
  type Revert,
  type Step,
  undoSteps,
} from "../../../state/index.ts";
import type { Firewall } from "./firewall.ts";
import { IptablesStep } from "./iptables-step.ts";
import { IsolationStep } from "./isolation.ts";
import { firewallRecords, noteOf, readNote } from "./records.ts";
import { ThroughStep } from "./through.ts";
import { ZoneStep } from "./zone.ts";

/** The host's firewall lets a container's packets through. */
export class FirewallStep implements Step {
  readonly name = "firewall";
  readonly #firewall: Firewall;

  constructor(firewall: Firewall) {
    this.#firewall = firewall;
  }

  describe(): string {
    return describeSteps(stepsOf(this.#firewall)).join("; ");
  }

  async apply(): Promise<Revert> {
    const { owner, env } = this.#firewall;
    const records = firewallRecords(env);
    // An ADD that is repeated may be for other addresses, or another backend.
    const steps = this.#recorded();
    if (steps !== undefined) await undoSteps(steps);
    const add = async (): Promise<Revert> => await applySteps(stepsOf(this.#firewall));
    return await records.during(owner, noteOf(this.#firewall), add);
  }

  async check(): Promise<void> {
    await checkSteps(stepsOf(this.#firewall));
  }

  /** By the record; without one, in every way that any ADD could have chosen. */
  async undo(): Promise<void> {
    const { owner, env } = this.#firewall;
    await undoSteps(this.#recorded() ?? this.#possible());
    firewallRecords(env).remove(owner);
  }

  #recorded(): Step[] | undefined {
    const { owner, env, settings } = this.#firewall;
    const record = readNote(firewallRecords(env).read(owner)?.data);
    if (record === undefined) return undefined;
    return stepsOf({ ...this.#firewall, ...record, settings: { ...settings, ...record.settings } });
  }

  #possible(): Step[] {
    const firewall = this.#firewall;
    const isOfZone = firewall.settings.backend === "firewalld";
    return [
      new ThroughStep(firewall, false),
      new IsolationStep(firewall),
      ...(isOfZone ? [new ZoneStep(firewall)] : []),
      new IptablesStep(firewall),
    ];
  }
}

function stepsOf(firewall: Firewall): Step[] {
  const { backend } = firewall.settings;
  if (backend === "iptables") return [new IptablesStep(firewall)];
  const own = [new ThroughStep(firewall), new IsolationStep(firewall)];
  return backend === "firewalld" ? [...own, new ZoneStep(firewall)] : own;
}
