import { HOME_VARIABLE, ownNetns, requireOwnWorld } from "./world.ts";

requireOwnWorld(process.env[HOME_VARIABLE], ownNetns());
