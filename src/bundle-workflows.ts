import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Part of the build: bundles the workflows once, so that each worker starts in a moment. */
async function main(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, '..', 'workflows'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(join(__dirname, '..', 'workflow-bundle.js'), code);
}

main().catch((error: unknown) => {
  process.stderr.write(`The workflows could not be bundled: ${String(error)}\n`);
  process.exit(1);
});
