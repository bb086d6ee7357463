export { flywheel } from './flywheel';
