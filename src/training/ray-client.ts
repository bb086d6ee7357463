import { messageOf, UserError } from '../errors';
import { askApi, type ApiAnswer } from '../models/api';

/** Ray's Jobs REST API, as far as training needs it. */
export interface RayClient {
  /** The version of Ray. */
  version(): Promise<string>;
  /** Null where Ray knows no such submission. */
  job(id: string): Promise<RayJob | null>;
  /** @throws RayRefusal for any other answer than success: also for an id that is taken, which answers 500. */
  submit(job: RaySubmission): Promise<void>;
  logs(id: string): Promise<string>;
  /** Asks for SIGTERM, then SIGKILL; a job that has ended stays as it is. @throws RayRefusal where that is not taken. */
  stop(id: string): Promise<void>;
}

export interface RayJob {
  status: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';
  message: string | null;
  driver_exit_code: number | null;
  metadata: Record<string, string> | null;
}

export interface RaySubmission {
  submission_id: string;
  /** A line of shell: its words must be quoted. */
  entrypoint: string;
  runtime_env: { env_vars: Record<string, string> };
  metadata: Record<string, string>;
  entrypoint_num_cpus?: number;
  entrypoint_num_gpus?: number;
  /** Bytes. */
  entrypoint_memory?: number;
}

/** An answer that is no success. */
export class RayRefusal extends Error {}

const TIMEOUT_MS = 15_000;

/**
 * A client of Ray's dashboard at `url`.
 * @throws UserError from every call that Ray refuses for want of access.
 */
export function rayClient(url: string, token: string | null): RayClient {
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<ApiAnswer> {
    const asked = { method, body, key: token, limitMs: TIMEOUT_MS };
    const answer = await askApi(`${url.replace(/\/$/, '')}${path}`, asked).catch((error: unknown) => {
      throw new Error(`nobody answers at ${url} (${messageOf(error)})`);
    });
    if (answer.status === 401 || answer.status === 403)
      throw new UserError(
        `Ray at ${url} refused access (HTTP ${answer.status}): set training.key to the environment variable that holds its token.`,
      );
    return answer;
  }
  const refuse = (what: string, { status, text }: ApiAnswer) =>
    new RayRefusal(`Ray at ${url} refused ${what} (HTTP ${status}): ${lastLine(text)}`);
  const path = (id: string) => `/api/jobs/${encodeURIComponent(id)}`;

  return {
    async version() {
      const answer = await call('GET', '/api/version');
      const version = answer.status === 200 ? readVersion(answer.text) : null;
      if (version === null)
        throw new UserError(
          `training.url: ${url} answers, but not as Ray's dashboard (HTTP ${answer.status} at /api/version). Name the dashboard's address, usually port 8265.`,
        );
      return version;
    },
    async job(id) {
      const answer = await call('GET', path(id));
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw refuse('to say how the job is', answer);
      return JSON.parse(answer.text) as RayJob;
    },
    async submit(job) {
      const answer = await call('POST', '/api/jobs/', job);
      if (answer.status !== 200) throw refuse('the job', answer);
    },
    async logs(id) {
      const answer = await call('GET', `${path(id)}/logs`);
      return answer.status === 200 ? (JSON.parse(answer.text) as { logs: string }).logs : '';
    },
    async stop(id) {
      const answer = await call('POST', `${path(id)}/stop`);
      if (answer.status !== 200 && answer.status !== 404) throw refuse('to stop the job', answer);
    },
  };
}

function readVersion(text: string): string | null {
  try {
    const { ray_version: version } = JSON.parse(text) as { ray_version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}

/** Ray answers with a Python traceback, whose last line says what is wrong. */
function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').slice(0, 300);
}
