import { UserError } from '../errors';
import { askApi, type ApiRequest } from '../models/api';

/** What vLLM serves: the base has no parent; an adapter's root is the folder that it was loaded from. */
export interface VllmModel {
  id: string;
  root: string | null;
  parent: string | null;
}

/** One vLLM server's own API beside chat, as far as serving checkpoints needs it. */
export interface VllmClient {
  url: string;
  isHealthy(): Promise<boolean>;
  models(): Promise<VllmModel[]>;
  /** @throws UserError with the server's own reason; a name that is loaded already is one. */
  load(name: string, path: string): Promise<void>;
  /** Harmless where the name is not loaded. */
  unload(name: string): Promise<void>;
}

const LOOK_MS = 10_000;
/** A large adapter is read from a shared disk. */
const LOAD_MS = 300_000;

/** A client of the server whose API begins at `url` (`http://gpu1:8000/v1`). */
export function vllmClient(url: string, key: string | null): VllmClient {
  const api = url.replace(/\/$/, '');
  async function call(address: string, asked: Omit<ApiRequest, 'key' | 'limitMs'> = {}, limitMs = LOOK_MS) {
    const answer = await askApi(address, { ...asked, key, limitMs });
    if (answer.status === 401 || answer.status === 403)
      throw new UserError(
        `target.serve: ${url} refused access (HTTP ${answer.status}). Check the variable that key names.`,
      );
    return answer;
  }
  const post = (path: string, body: unknown) => call(`${api}/${path}`, { method: 'POST', body }, LOAD_MS);
  return {
    url,
    async isHealthy() {
      return (await call(`${new URL(api).origin}/health`).catch(() => null))?.status === 200;
    },
    async models() {
      const { status, text } = await call(`${api}/models`);
      if (status !== 200) throw new UserError(`target.serve: ${url}/models answers HTTP ${status}, as no vLLM does.`);
      const { data } = JSON.parse(text) as { data: Partial<VllmModel>[] };
      return data.map(({ id = '', root = null, parent = null }) => ({ id, root, parent }));
    },
    async load(name, path) {
      const { status, text } = await post('load_lora_adapter', { lora_name: name, lora_path: path });
      if (status === 200) return;
      const cure =
        status === 404 && !text.includes(path)
          ? 'Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.'
          : 'The server must see the artifacts folder (target.serve.paths), hold the base of the adapter, and allow its rank (--max-lora-rank).';
      throw new UserError(`${url} did not load ${name} from ${path} (HTTP ${status}): ${reasonOf(text)} ${cure}`);
    },
    async unload(name) {
      await post('unload_lora_adapter', { lora_name: name });
    },
  };
}

/** The reason within an error of OpenAI's form, or the text as it is. */
function reasonOf(text: string): string {
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  return said.replace(/\s+/g, ' ').slice(0, 300);
}
