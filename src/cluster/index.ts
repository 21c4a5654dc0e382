/** This node's part in fleets: configuration, picture on disk, membership, engines. */
export {};
