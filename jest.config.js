/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Longer tiers: `npm run test:full` (jest.full.config.js), and those with a command of their own.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/full/', '<rootDir>/test/cluster/'],
  // Commands are loaded by `import()`, which wants the name of the compiled file.
  moduleNameMapper: { '^(\\./commands/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.venv', '<rootDir>/.venv-vllm', '<rootDir>/.flywheel'],
  // Four times what the slowest takes on an idle machine, set-up included: a busy one is no failure.
  testTimeout: 240_000,
  // Published as ES modules only, which Jest's CommonJS cannot load as they are.
  transformIgnorePatterns: [
    '/node_modules/(?!(@observablehq/plot|@bomb.sh|d3|d3-[a-z-]+|internmap|delaunator|robust-predicates|isoformat|interval-tree-1d|binary-search-bounds|hyparquet|hyparquet-writer|hyparquet-compressors|hysnappy|stream-json|stream-chain|eld|linkedom|css-[a-z]+|dom[a-z-]+|entities|nth-check|boolbase|htmlparser2|uhyphen|html-escaper|cssom[a-z]*)/)',
  ],
  transform: {
    '^.+\\.m?[jt]s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
};
