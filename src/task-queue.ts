/** Workflows and activities of the flywheel are found on this task queue. Apart from the worker, which is slow to load. */
export const TASK_QUEUE = 'flywheel';
