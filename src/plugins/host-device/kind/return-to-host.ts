import { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { DeviceToReturn } from "./find.ts";

/**
 * Moves a device out of its container, in one message: it is never on the host by another name than
 * its own, and a failure leaves it where it is. Gives the name that it has now.
 */
export function returnToHost(namespaces: Namespaces, device: DeviceToReturn): string {
  dropForeignNames(namespaces, device);
  return withFreeName(namespaces, device.hostName, (name) => {
    const change = { netns: namespaces.hostNetns, name, alias: aliasOf(device, name) };
    namespaces.containerLinks.set(device.found.index, change);
    namespaces.hostLinks.forget();
  });
}

/** Gives a device that is on the host already its name back. Gives the name that it has now. */
export function renameOnHost(namespaces: Namespaces, device: DeviceToReturn): string {
  const { found, hostName, alias } = device;
  if (found.name === hostName && (found.alias ?? "") === alias) return hostName;
  const attempt = (name: string): void => {
    const kept = aliasOf(device, name);
    if (name === found.name) namespaces.hostLinks.set(found.index, { alias: kept });
    else rename(namespaces, found, name, kept);
  };
  return withFreeName(namespaces, hostName, attempt, found.index);
}

/** Under another name than its own, a device keeps its own in the alias. */
function aliasOf({ hostName, alias }: DeviceToReturn, name: string): string {
  return name === hostName ? alias : hostName;
}

/**
 * Takes away the alternative names that the container has given the device: the host gets no names
 * from containers, and the kernel moves no link one of whose names is taken there.
 */
function dropForeignNames(namespaces: Namespaces, { found, altNames }: DeviceToReturn): void {
  const { hostLinks, container } = namespaces;
  const foreign = found.altNames.filter(
    (name) => altNames?.includes(name) === false || hostLinks.get({ name }) !== undefined,
  );
  for (const name of foreign) {
    try {
      link.deleteNames(container, found.index, [name]);
    } catch (error) {
      if (!isKernelError(error)) throw error; // gone meanwhile; otherwise the move tells
    }
  }
}

/** Kernels before 6.2 rename no link that is up. */
function rename(namespaces: Namespaces, found: link.Link, name: string, alias: string): void {
  try {
    namespaces.hostLinks.set(found.index, { name, alias });
  } catch (error) {
    if (!isKernelError(error, Errno.EBUSY)) throw error;
    namespaces.hostLinks.set(found.index, { up: false });
    namespaces.hostLinks.set(found.index, { name, alias });
    namespaces.hostLinks.set(found.index, { up: true });
  }
}

const NAMES = 100;

/** Tries the name, and where another link has it by now `dev0`, `dev1` …, as the kernel itself does. */
function withFreeName(
  namespaces: Namespaces,
  wanted: string,
  attempt: (name: string) => void,
  own?: number,
): string {
  const names = [wanted, ...Array.from({ length: NAMES }, (_, number) => `dev${number}`)];
  let taken: unknown = new Error(`no free name on the host for ${wanted}`);
  for (const name of names) {
    const other = namespaces.hostLinks.get({ name });
    if (other !== undefined && other.index !== own) continue;
    try {
      attempt(name);
      return name;
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw error;
      taken = error;
    }
  }
  throw taken;
}
