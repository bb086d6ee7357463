/** What Python may know of our environment: no key among it (design §10). */
const KNOWN = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'CUDA_VISIBLE_DEVICES', 'LD_LIBRARY_PATH', 'HF_HOME'];

/** The environment of a process of the Python package: offline, its output unbuffered. */
export function trainerEnvironment(packageFolder: string): Record<string, string> {
  const inherited = KNOWN.flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(inherited),
    PYTHONPATH: packageFolder,
    PYTHONUNBUFFERED: '1',
    HF_HUB_OFFLINE: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    TOKENIZERS_PARALLELISM: 'false',
  };
}
