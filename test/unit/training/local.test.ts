import { localBackend } from '../../../src/training/local';
import { describeTrainingContract } from '../../support/training-contract';

describeTrainingContract('local', (parts) => localBackend(parts));
