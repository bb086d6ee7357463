/** Patience in seconds where a configuration says nothing, and in the workflow before it knows one; no zod is loaded here. */
export const HEARTBEAT = { batchSeconds: 10, trainingSeconds: 60, queueSeconds: 120 } as const;
