import type { Fault } from '../fault';
import { diskFaults } from './disk';
import { endpointFaults } from './endpoint';
import { operatorFaults } from './operator';
import { serverFaults } from './servers';
import { trainerFaults } from './trainer';
import { workerFaults } from './worker';

export const FAULTS: readonly Fault[] = [
  ...workerFaults,
  ...trainerFaults,
  ...serverFaults,
  ...endpointFaults,
  ...diskFaults,
  ...operatorFaults,
];
