import { createHash } from "node:crypto";
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import type { BunPart } from "./bun-parts.ts";
import type { Bundled } from "./bundled.ts";

/** What is inside of a release, in CycloneDX (JSON, 1.6). */

/** A library of the machine that the image holds. */
export interface ImageLibrary {
  readonly path: string;
  readonly sha256: string;
  /** The package of Debian's that it is from, with its version; absent on other systems. */
  readonly from?: { readonly name: string; readonly version: string };
}

export interface SbomContent {
  readonly version: string;
  readonly commit: string;
  readonly epochSeconds: number;
  readonly packages: readonly Bundled[];
  readonly bun: {
    readonly version: string;
    /** Of the executables by the architecture that they are for, hexadecimal. */
    readonly sha256: Readonly<Record<string, string>>;
    readonly parts: readonly BunPart[];
  };
  readonly libraries: readonly ImageLibrary[];
}

/** The text of the document; it depends on what it speaks of alone. */
export function sbomText(content: SbomContent): string {
  const { version, commit, epochSeconds } = content;
  const own = new Models.Component(Enums.ComponentType.Application, "hawser", {
    ...{ version, bomRef: "hawser", purl: `pkg:npm/hawser@${version}` },
    licenses: licensed("Apache-2.0"),
    properties: properties({ "hawser:commit": commit }),
  });
  const components = [
    ...content.packages.map(packageComponent),
    bunComponent(content.bun),
    ...content.libraries.map(libraryComponent),
  ];
  for (const each of components) own.dependencies.add(each.bomRef);
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf(`hawser ${version} ${commit}`)}`,
    metadata: new Models.Metadata({
      component: own,
      timestamp: new Date(epochSeconds * 1000),
      lifecycles: new Models.LifecycleRepository([Enums.LifecyclePhase.Build]),
    }),
    components: new Models.ComponentRepository(components),
  });
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const text = new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 });
  return `${text}\n`;
}

function packageComponent({ name, version, license, sha512, parts }: Bundled): Models.Component {
  const [scope, bare] = name.startsWith("@") ? name.split("/") : [undefined, name];
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return new Models.Component(Enums.ComponentType.Library, bare ?? name, {
    ...(scope === undefined ? {} : { group: scope }),
    ...{ version, purl, bomRef: purl },
    licenses: licensed(license),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-512"], sha512]]),
    properties: properties(Object.fromEntries(parts.map((part) => [`hawser:in:${part}`, "true"]))),
  });
}

function bunComponent({ version, sha256, parts }: SbomContent["bun"]): Models.Component {
  const purl = `pkg:npm/bun@${version}`;
  return new Models.Component(Enums.ComponentType.Platform, "bun", {
    ...{ version, purl, bomRef: purl },
    licenses: licensed("MIT"),
    properties: properties({
      "hawser:in:executable": "true",
      ...Object.fromEntries(
        Object.entries(sha256).map(([arch, digest]) => [`hawser:sha256:${arch}`, digest]),
      ),
    }),
    components: new Models.ComponentRepository(
      parts.map(({ name, version: partVersion, license, source }) => {
        return new Models.Component(Enums.ComponentType.Library, name, {
          ...{ version: partVersion, bomRef: `bun/${name}@${partVersion}` },
          licenses: licensed(license),
          externalReferences: new Models.ExternalReferenceRepository([
            new Models.ExternalReference(source, Enums.ExternalReferenceType.VCS),
          ]),
        });
      }),
    ),
  });
}

function libraryComponent({ path, sha256, from }: ImageLibrary): Models.Component {
  const purl = from && `pkg:deb/debian/${from.name}@${encodeURIComponent(from.version)}`;
  return new Models.Component(Enums.ComponentType.File, path, {
    bomRef: `image${path}`,
    ...(from === undefined ? {} : { version: from.version }),
    ...(purl === undefined ? {} : { purl }),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], sha256]]),
    properties: properties({ "hawser:in:image": "true" }),
  });
}

function licensed(expression: string): Models.LicenseRepository {
  // An identifier is an expression too; some packages put brackets around one.
  return new Models.LicenseRepository([new Models.LicenseExpression(expression)]);
}

function properties(values: Readonly<Record<string, string>>): Models.PropertyRepository {
  const list = Object.entries(values).map(([name, value]) => new Models.Property(name, value));
  return new Models.PropertyRepository(list);
}

/** A UUID of version 8: the same for the same text. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}
