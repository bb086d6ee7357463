const usual = require('./jest.config');

/** The suites of `npm run test:cluster`, which run one after the other. @type {import('jest').Config} */
module.exports = {
  ...usual,
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
