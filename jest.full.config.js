const usual = require('./jest.config');

/** The suites of `npm run test:full`, which run one after the other. @type {import('jest').Config} */
module.exports = {
  ...usual,
  testMatch: ['<rootDir>/test/full/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
