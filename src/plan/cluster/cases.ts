import type { TargetName } from './shapes';

/** The configurations under examples/clusters, and by which shape each player and judge that is served there is reckoned. */
export const CASES: { target: TargetName; file: string; served: Record<string, TargetName> }[] = [
  {
    target: '7B',
    file: '7b.yaml',
    served: {
      'command-r-plus': '70B',
      'qwen1.5-72b-chat': '70B',
      'openchat-3.5': '7B',
      judge: '70B',
      'evaluation judge': '70B',
    },
  },
  {
    target: '70B',
    file: '70b.yaml',
    served: {
      'command-r-plus': '70B',
      'qwen1.5-72b-chat': '70B',
      'llama-3-70b-instruct': '70B',
      judge: '70B',
      'evaluation judge': '70B',
    },
  },
  {
    target: '8x22B',
    file: '8x22b.yaml',
    served: { 'wizardlm-2-8x22b': '8x22B', judge: '70B', 'evaluation judge': '70B' },
  },
];
