import { passedOn } from '../placeholders';

/** What Python may know of our environment: no key among it (design §10). */
const KNOWN = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'CUDA_VISIBLE_DEVICES', 'LD_LIBRARY_PATH', 'HF_HOME'];

/** What a process of ours may see of our environment, and those variables that `named` lists. */
export function knownEnvironment(named: readonly string[] = []): Record<string, string> {
  return passedOn([...KNOWN, ...named]);
}

/** The environment of a process of the Python package on this machine: what it needs of ours, and its settings. */
export function trainerEnvironment(packageFolder: string): Record<string, string> {
  return { ...knownEnvironment(), ...trainerSettings(packageFolder) };
}

/** What the Python package is told wherever it runs: offline, its output unbuffered. */
export function trainerSettings(packageFolder: string): Record<string, string> {
  return {
    PYTHONPATH: packageFolder,
    PYTHONUNBUFFERED: '1',
    HF_HUB_OFFLINE: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    TOKENIZERS_PARALLELISM: 'false',
  };
}
