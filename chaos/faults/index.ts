import type { Fault } from '../fault';
import { clockFaults } from './clock';
import { diskFaults } from './disk';
import { endpointFaults } from './endpoint';
import { modelServerFaults } from './model-server';
import { operatorFaults } from './operator';
import { serverFaults } from './servers';
import { trainerFaults } from './trainer';
import { workerFaults } from './worker';

export const FAULTS: readonly Fault[] = [
  ...workerFaults,
  ...trainerFaults,
  ...modelServerFaults,
  ...serverFaults,
  ...endpointFaults,
  ...diskFaults,
  ...clockFaults,
  ...operatorFaults,
];
