'use strict';
/** `node -r ./test/support/typescript.cjs FILE.ts`: runs a TypeScript file without a build, compiled as Jest does it. */
const { transformFileSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformFileSync(filename, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
    swcrc: false,
  });
  // eslint-disable-next-line no-underscore-dangle -- Node's name for it
  module._compile(code, filename);
};
