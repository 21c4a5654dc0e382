import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import { FORMS, type FormName } from "../../forms/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { Parameter } from "../question/index.ts";
import type { Resource } from "../resources/index.ts";

/** What a description is made of. */
export interface Described {
  readonly version: string;
  /** What stands in front of every path. */
  readonly root: string;
  readonly resources: readonly Resource[];
  readonly changes: { readonly path: string; readonly parameters: readonly Parameter[] };
}

/** The API in the form of OpenAPI 3.1, from the definitions by which it is asked and answers. */
export function openApi({ version, root, resources, changes }: Described): JsonObject {
  const paths = resources.map((resource): [string, JsonObject] => [
    `${root}${resource.path}`,
    { get: operationOf(resource) },
  ]);
  return {
    openapi: "3.1.0",
    info: {
      title: "Hawser: the network of a node",
      version,
      description:
        "What is attached on this node, as all that know of it together have it. Nothing can be changed. " +
        "Keys, values of an enum and resources may be added: readers overlook what they do not know.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: {
      ...Object.fromEntries(paths),
      [`${root}${changes.path}`]: { get: streamOf(changes) },
      [`${root}openapi.json`]: { get: OWN },
    },
    components: {
      schemas: schemasOf(),
      headers: { revision: REVISION },
      responses: { error: FAILURE },
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "What `hawser ui` prints behind `#token=`; the daemon's socket takes none.",
        },
      },
    },
    security: [{}, { token: [] }],
  };
}

/** The forms by their names, each referring to the others. */
function schemasOf(): JsonObject {
  return toJsonSchemaDefs(FORMS, {
    target: "draft-2020-12",
    overrideRef: ({ referenceId }) => reference(referenceId),
  }) as unknown as JsonObject;
}

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}

const REVISION: JsonObject = {
  description: "Of the joined view that the answer was made of.",
  schema: { type: "string" },
};

const FAILURE: JsonObject = {
  description: "An error in the specification's shape.",
  content: { "application/json": { schema: { $ref: reference("error" satisfies FormName) } } },
};

const OWN: JsonObject = {
  operationId: "openapi",
  summary: "This description.",
  responses: { "200": { description: "It.", content: { "application/json": {} } } },
};

function operationOf({ path, summary, parameters, form }: Resource): JsonObject {
  return {
    operationId: path.replaceAll(/\/?\{(\w+)\}/gu, "_$1"),
    summary,
    parameters: [...namesIn(path), ...parameters.map(parameterOf)],
    responses: {
      "200": {
        description: "The answer.",
        headers: { "hawser-revision": { $ref: "#/components/headers/revision" } },
        content: { "application/json": { schema: { $ref: reference(form) } } },
      },
      "304": { description: "The answer that If-None-Match names is this one." },
      default: { $ref: "#/components/responses/error" },
    },
  };
}

function streamOf({ path, parameters }: Described["changes"]): JsonObject {
  const lastEventId: JsonObject = {
    name: "Last-Event-ID",
    in: "header",
    description: "A revision; it goes before `from`.",
    schema: { type: "string" },
  };
  return {
    operationId: path,
    summary: "Changes as server-sent events; nothing is sent while nothing happens.",
    description:
      "The id of an event is its revision, its name the kind of its change, its data the form `change`. " +
      "A stream goes on from the revision that is named; where it is not known any more, the first event " +
      "is of the kind `reset`.",
    parameters: [...parameters.map(parameterOf), lastEventId],
    responses: {
      "200": {
        description: "The stream.",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      default: { $ref: "#/components/responses/error" },
    },
  };
}

function namesIn(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/gu)].map(([, name = ""]) => {
    return { name, in: "path", required: true, schema: { type: "string" } };
  });
}

function parameterOf({ name, description, values, between, isRepeatable }: Parameter): JsonObject {
  const [minimum, maximum] = between ?? [];
  const schema: JsonObject =
    minimum === undefined || maximum === undefined
      ? { type: "string", ...(values === undefined ? {} : { enum: [...values] }) }
      : { type: "integer", minimum, maximum };
  return {
    ...{ name, in: "query", description },
    schema: isRepeatable === true ? { type: "array", items: schema } : schema,
  };
}
