import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { testStep } from "../../tests/support/workflow-step.ts";

requireOwnNamespaces();
testStep("wire");
