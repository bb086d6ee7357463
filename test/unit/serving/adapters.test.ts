import { parseConfig } from '../../../src/config/load';
import { adapterServing } from '../../../src/serving/adapters';
import type { VllmConfig } from '../../../src/serving/serving';

test('a checkpoint that is not seen here is refused: as a folder without an adapter it would pass for its base', async () => {
  const { target } = parseConfig(
    {
      target: { base: '/models/base', serve: { kind: 'vllm', urls: ['http://127.0.0.1:9/v1'] }, adapters: 'continued' },
      ...Object.fromEntries(['sft', 'dpo', 'ppo'].map((stage) => [stage, { lora: { r: 4 } }])),
      competitors: [{ id: 'rival', url: 'sandbox:', model: 'rival' }],
      judge: { url: 'sandbox:', model: 'judge' },
      prompts: { source: ['prompts.jsonl'] },
    },
    { where: 'test', folder: '/conf' },
  );
  const { serve } = adapterServing({ hashOf: () => Promise.resolve('') });
  const checkpoint = { id: 'run/r1-sft-a1', label: 'r1-sft-a1', sha256: 'aa', base: '/models/base' };
  await expect(
    serve({ ...checkpoint, path: '/nowhere/run/r1-sft-a1/model' }, target?.serve as VllmConfig),
  ).rejects.toThrow(
    'The checkpoint run/r1-sft-a1 lies in /nowhere/run/r1-sft-a1/model, which is not seen on this host',
  );
});
