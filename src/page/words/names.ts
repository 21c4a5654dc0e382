import type { PodForm } from "../../forms/index.ts";

const ID_LENGTH = 12;

/** What is known of an attachment's names. */
export interface SomeNames {
  readonly network?: string | undefined;
  readonly containerId?: string | undefined;
  readonly ifName?: string | undefined;
  readonly pod?: PodForm | undefined;
}

/** What an attachment is called: by its pod where it has one, else by its container. */
export function nameOf(attachment: SomeNames): string {
  const { pod, containerId = "" } = attachment;
  return pod === undefined ? shortId(containerId) : podName(pod);
}

/** What is shown of an attachment that an answer names without its pod. */
export function knownName(name: SomeNames, pods: ReadonlyMap<string, PodForm>): string {
  const pod = pods.get(podKey(name));
  return nameOf(pod === undefined ? name : { ...name, pod });
}

export function podName({ namespace, name }: PodForm): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** A container ID as people know it: its first twelve digits, where it is one of digits. */
export function shortId(id: string): string {
  return /^[0-9a-f]{32,}$/u.test(id) ? id.slice(0, ID_LENGTH) : id;
}

/** What a pod is found by: interfaces of one container are of one pod. */
export function podKey({ network, containerId }: SomeNames): string {
  return JSON.stringify([network, containerId]);
}
