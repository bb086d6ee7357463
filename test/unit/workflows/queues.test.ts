import { createActivities, type Deps } from '../../../activities';
import { queueOf, roleOf, ROLES } from '../../../workflows/queues';

// The factories only close over what they are given.
const activities = Object.keys(createActivities({ store: {} } as Deps)) as Parameters<typeof roleOf>[0][];

test('each activity has a role, and battles go to the host where only it reaches the servers', () => {
  expect(new Set(activities.map((name) => roleOf(name, false)))).toEqual(new Set(ROLES));
  expect(roleOf('playBatch', false)).toBe('battles');
  expect(roleOf('playBatch', true)).toBe('host');
});

test('the queues stand beside the one where workflows are started', () => {
  expect(ROLES.map((role) => queueOf(role))).toEqual([
    'flywheel',
    'flywheel-battles',
    'flywheel-training',
    'flywheel-host',
  ]);
});
