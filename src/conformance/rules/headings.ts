/** The headings of the specification that rules stand under, and where they are to be read. */

export type SpecVersion = "0.1.0" | "0.2.0" | "0.3.0" | "0.3.1" | "0.4.0" | "1.0.0" | "1.1.0";

/** A section of the present text, or the version of an older text. */
export type Section = "1" | "2" | "3" | "4" | "5" | "0.4.0";

/** The anchor of a heading in SPEC.md; an older text is named as a whole, by its version. */
export type Heading =
  | "configuration-format"
  | "plugin-configuration-objects"
  | "version-considerations"
  | "overview-1"
  | "parameters"
  | "errors"
  | "add-add-container-to-network-or-apply-modifications"
  | "del-remove-container-from-network-or-un-apply-modifications"
  | "check-check-containers-networking-is-as-expected"
  | "status-check-plugin-status"
  | "version-probe-plugin-version-support"
  | "gc-clean-up-any-stale-resources"
  | "section-3-execution-of-network-configurations"
  | "lifecycle--ordering"
  | "adding-an-attachment"
  | "deleting-an-attachment"
  | "checking-an-attachment"
  | "garbage-collecting-a-network"
  | "deriving-request-configuration-from-plugin-configuration"
  | "deriving-runtimeconfig"
  | "delegated-plugin-protocol"
  | "delegated-plugin-execution-procedure"
  | "add-success"
  | "delegated-plugins-ipam"
  | "version-success"
  | "error"
  | "0.4.0";

const HEADINGS: Readonly<Record<Heading, readonly [section: Section, title: string]>> = {
  "configuration-format": ["1", "Configuration format"],
  "plugin-configuration-objects": ["1", "Plugin configuration objects"],
  "version-considerations": ["1", "Version considerations"],
  "overview-1": ["2", "Overview"],
  parameters: ["2", "Parameters"],
  errors: ["2", "Errors"],
  "add-add-container-to-network-or-apply-modifications": ["2", "ADD"],
  "del-remove-container-from-network-or-un-apply-modifications": ["2", "DEL"],
  "check-check-containers-networking-is-as-expected": ["2", "CHECK"],
  "status-check-plugin-status": ["2", "STATUS"],
  "version-probe-plugin-version-support": ["2", "VERSION"],
  "gc-clean-up-any-stale-resources": ["2", "GC"],
  "section-3-execution-of-network-configurations": ["3", "Execution of Network Configurations"],
  "lifecycle--ordering": ["3", "Lifecycle & Ordering"],
  "adding-an-attachment": ["3", "Adding an attachment"],
  "deleting-an-attachment": ["3", "Deleting an attachment"],
  "checking-an-attachment": ["3", "Checking an attachment"],
  "garbage-collecting-a-network": ["3", "Garbage-collecting a network"],
  "deriving-request-configuration-from-plugin-configuration": [
    "3",
    "Deriving request configuration",
  ],
  "deriving-runtimeconfig": ["3", "Deriving runtimeConfig"],
  "delegated-plugin-protocol": ["4", "Delegated Plugin protocol"],
  "delegated-plugin-execution-procedure": ["4", "Delegated plugin execution procedure"],
  "add-success": ["5", "ADD Success"],
  "delegated-plugins-ipam": ["5", "Delegated plugins (IPAM)"],
  "version-success": ["5", "VERSION Success"],
  error: ["5", "Error"],
  "0.4.0": ["0.4.0", "specification 0.4.0"],
};

export function sectionOf(heading: Heading): Section {
  return HEADINGS[heading][0];
}

/** The heading in words and its address. */
export function linkTo(heading: Heading): { readonly title: string; readonly url: string } {
  const [, title] = HEADINGS[heading];
  const base = "https://github.com/containernetworking/cni/blob";
  const url =
    heading === "0.4.0" ? `${base}/spec-v${heading}/SPEC.md` : `${base}/main/SPEC.md#${heading}`;
  return { title, url };
}
