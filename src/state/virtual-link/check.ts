import type { link } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import type { ChildLink } from "./child-link.ts";
import { findMaster, type Master } from "./master.ts";

/** The container's link as the kernel has it; throws when it is missing or not what is wanted. */
export function childLink(wanted: ChildLink): link.Link {
  const { namespaces, owner, kind, master, settings } = wanted;
  const found = namespaces.containerLinks.get({ name: owner.ifName });
  if (found === undefined) {
    throw differs(`interface ${owner.ifName} is missing in the container`);
  }
  const compare = (what: string, expected: Value, actual: Value): void => {
    if (expected === undefined || expected === actual) return;
    throw differs(`${what} of ${owner.ifName} is ${String(actual)} and not ${String(expected)}`);
  };
  compare("kind", kind, found.kind ?? "a device's");
  compare("mode", settings.macvlan?.mode, found.macvlan?.mode);
  compare("mode", settings.ipvlan?.mode, found.ipvlan?.mode);
  compare("VLAN ID", settings.vlan?.id, found.vlan?.id);
  if (master !== undefined && master.name !== "") checkMaster(wanted, found, master);
  return found;
}

type Value = string | number | undefined;

/** An index alone says little: each namespace counts its links from 1. */
function checkMaster({ namespaces, owner }: ChildLink, found: link.Link, master: Master): void {
  const { index } = presentMaster(namespaces, master);
  const isElsewhere = found.linkNetnsId !== undefined;
  if (found.linkIndex === index && isElsewhere !== master.inContainer) return;
  throw differs(`${owner.ifName} stands on another link than ${master.name}`);
}

function presentMaster(namespaces: ChildLink["namespaces"], master: Master): link.Link {
  try {
    return findMaster(namespaces, master);
  } catch (error) {
    if (!(error instanceof CniError) || error.code !== ErrorCode.INVALID_NETWORK_CONFIG)
      throw error;
    throw differs(error.msg, error.details);
  }
}
