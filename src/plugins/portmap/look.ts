import type { Attachment } from "../../spec/index.ts";
import { WaitingClaims } from "../../state/nft-sets/index.ts";
import { OwnerStore, readBootId, stateDirectory } from "../../state/owner/index.ts";
import type { Target } from "./kind/mapping.ts";
import { portsLayout, targetOfElement } from "./kind/own.ts";
import { PORTS, recordFromJson } from "./kind/record.ts";

// For commands that look at ports: nothing is changed.

type Env = Readonly<Record<string, string | undefined>>;

/** Ports that an attachment has noted, or waits for. */
export interface NotedPorts {
  readonly owner: Attachment;
  readonly targets: readonly Target[];
  /** Whether another attachment has them, so that they are not mapped to this one. */
  readonly waits: boolean;
}

/**
 * What attachments have noted before their ports were mapped, and what they wait for; none of an
 * earlier boot.
 * @param isKnown the names of files that are not worth reading, since all of it is known
 * @throws CniError of code 5 when it cannot be read
 */
export function notedPorts(
  env: Env,
  isKnown: (name: string) => boolean = () => false,
): NotedPorts[] {
  const [stateDir, bootId] = [stateDirectory(env), readBootId()];
  const store = new OwnerStore({ stateDir, kind: PORTS, bootId });
  const noted = store
    .names()
    .flatMap((name) => (isKnown(name) ? [] : (store.lookAt(name) ?? [])))
    .filter(({ isStale }) => !isStale)
    .flatMap((owner) => {
      const targets = recordFromJson(owner.data)?.targets;
      return targets === undefined ? [] : [{ owner, targets, waits: false }];
    });
  const waiting = new WaitingClaims(stateDir, bootId, portsLayout)
    .all()
    .flatMap(({ owner, set, element }) => {
      const target = targetOfElement(set.name, element.key, element.data);
      return target === undefined ? [] : [{ owner, targets: [target], waits: true }];
    });
  return [...noted, ...waiting];
}
