import { trainerEnvironment } from '../../../src/training/environment';

test("a trainer is told nothing of the worker's keys, the bucket's among them", () => {
  const before = { ...process.env };
  const secret = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', FLYWHEEL_DATABASE_URL: 'c', API_KEY: 'd' };
  Object.assign(process.env, secret);
  try {
    expect(Object.keys(trainerEnvironment('/package')).filter((name) => name in secret)).toEqual([]);
    expect(trainerEnvironment('/package')).toMatchObject({ PYTHONPATH: '/package' });
  } finally {
    for (const name of Object.keys(secret)) if (!(name in before)) delete process.env[name];
  }
});
