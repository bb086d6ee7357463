import { arena as playArena } from './arena';
import { tellingItsEnd } from './ended';
import { flywheel as runFlywheel } from './flywheel';

export const arena = tellingItsEnd(playArena);
export const flywheel = tellingItsEnd(runFlywheel);
