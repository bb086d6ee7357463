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
  /** @throws a plain Error where the server is away for the moment, UserError where it is none of vLLM's. */
  models(): Promise<VllmModel[]>;
  /** @throws UserError with the server's own reason; a name that is loaded already is one. A plain Error where it gave none: it may pass. */
  load(name: string, path: string): Promise<void>;
  /** @throws UserError where it takes no adapters at all: asked for one that is not there, it must say that. Nothing is loaded. */
  checkTakesAdapters(): Promise<void>;
  /** Harmless where the name is not loaded. */
  unload(name: string): Promise<void>;
}

const LOOK_MS = 10_000;
/** A large adapter is read from a shared disk. */
const LOAD_MS = 300_000;
/** It is refused at once, but for what the engine does first. */
const CHECK_MS = 60_000;
/** No server has such a folder. */
const NOWHERE = '/flywheel/looks/whether/adapters/are/taken';
const TAKES_ADAPTERS = 'Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.';

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
  const post = (path: string, body: unknown, limitMs = LOAD_MS) =>
    call(`${api}/${path}`, { method: 'POST', body }, limitMs);
  const isHealthy = async () => (await call(`${new URL(api).origin}/health`).catch(() => null))?.status === 200;
  return {
    url,
    isHealthy,
    async models() {
      const { status, text } = await call(`${api}/models`);
      if (status >= 500) throw new Error(`${url}/models answers HTTP ${status}`);
      if (status !== 200) throw new UserError(`target.serve: ${url}/models answers HTTP ${status}, as no vLLM does.`);
      const { data } = JSON.parse(text) as { data: Partial<VllmModel>[] };
      return data.map(({ id = '', root = null, parent = null }) => ({ id, root, parent }));
    },
    async load(name, path) {
      const { status, text } = await post('load_lora_adapter', { lora_name: name, lora_path: path });
      if (status === 200) return;
      // vLLM says why it takes no adapter; a proxy does not, and an engine that has died says it of anything.
      if (status >= 500 && (messageIn(text) === null || !(await isHealthy())))
        throw new Error(`${url} did not load ${name} (HTTP ${status}): ${reasonOf(text)}`);
      const cure = takesNone(status, text, path)
        ? TAKES_ADAPTERS
        : 'The server must see the artifacts folder (target.serve.paths), hold the base of the adapter, and allow its rank (--max-lora-rank).';
      throw new UserError(`${url} did not load ${name} from ${path} (HTTP ${status}): ${reasonOf(text)} ${cure}`);
    },
    async checkTakesAdapters() {
      const body = { lora_name: 'flywheel-check', lora_path: NOWHERE };
      const { status, text } = await post('load_lora_adapter', body, CHECK_MS);
      if (status >= 500 && messageIn(text) === null)
        throw new Error(`${url}/load_lora_adapter answers HTTP ${status}: ${reasonOf(text)}`);
      if (takesNone(status, text, NOWHERE))
        throw new UserError(
          `target.serve: ${url} takes no adapters (HTTP ${status}: ${reasonOf(text)}). ${TAKES_ADAPTERS}`,
        );
    },
    async unload(name) {
      await post('unload_lora_adapter', { lora_name: name });
    },
  };
}

/** Whether it is not the adapter that is refused: there is no such address, or vLLM was started without LoRA. */
function takesNone(status: number, text: string, path: string): boolean {
  return (status === 404 && !text.includes(path)) || /LoRA is not enabled/i.test(text);
}

/** The reason within an error of OpenAI's form, or the text as it is. */
function reasonOf(text: string): string {
  return (messageIn(text) ?? text).replace(/\s+/g, ' ').slice(0, 300);
}

function messageIn(text: string): string | null {
  return /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? null;
}
