import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The workflows beside this file: sources in the tests, compiled in the build. */
const folder = join(__dirname, '..', 'workflows');

/** In the place of `workflows/patches` this makes the build from before every patch: an older worker's. */
export const UNPATCHED = join(folder, 'unpatched');

/** Bundles the workflows. @param patches another module in the place of `workflows/patches` (docs/upgrading.md). */
export async function bundleWorkflows(patches = join(folder, 'patches')): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: folder,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        alias: Object.assign({}, config.resolve?.alias, { './patches$': patches }),
      },
    }),
  });
  return code;
}

/** Part of the build: bundles the workflows once, so that each worker starts in a moment. */
async function main(): Promise<void> {
  await writeFile(join(__dirname, '..', 'workflow-bundle.js'), await bundleWorkflows());
}

if (require.main === module)
  main().catch((error: unknown) => {
    process.stderr.write(`The workflows could not be bundled: ${String(error)}\n`);
    process.exit(1);
  });
