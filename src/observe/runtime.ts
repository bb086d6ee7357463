import { Runtime } from '@temporalio/worker';
import { freePort } from '../embedded/ports';
import { createLog, logSettings } from './log';

/** The SDK's native part is one for the whole process: its first user decides. */
let installed: { telemetry: string | null } | null = null;

/**
 * Sets Temporal's SDK up: its lines go to our log, and, where they are asked for, its metrics to a free port of the loopback.
 * @returns where those metrics are; null: nowhere.
 */
export async function installRuntime({ metrics }: { metrics: boolean }): Promise<string | null> {
  if (installed) return installed.telemetry;
  const logger = createLog(logSettings());
  const telemetry = metrics ? `127.0.0.1:${await freePort()}` : null;
  installed = { telemetry };
  Runtime.install({
    logger,
    ...(telemetry === null
      ? {}
      : {
          telemetryOptions: {
            metrics: {
              prometheus: {
                bindAddress: telemetry,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
              },
            },
          },
        }),
  });
  return telemetry;
}
