export { arena } from './arena';
export { flywheel } from './flywheel';
